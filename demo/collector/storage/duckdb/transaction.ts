import type { DuckDBConnection } from '@duckdb/node-api';
import type { Commit } from './commit-memory.ts';

/**
 * Runs `work` in a transaction: all of its statements take effect, or none.
 * @param commit runs the COMMIT; by default with the memory that all statements have
 * @throws the error of `work` or of the commit
 */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
  commit: Commit = async (run) => void (await run()),
): Promise<Result> {
  await connection.run('BEGIN TRANSACTION').catch(async () => {
    // An earlier rollback that ran out of memory has left an aborted transaction, which rejects every statement. If the
    // cause is another one, the second attempt throws it.
    await connection.run('ROLLBACK').catch(() => undefined);
    await connection.run('BEGIN TRANSACTION');
  });
  try {
    const result = await work();
    await commit(() => connection.run('COMMIT'));
    return result;
  } catch (error) {
    // The rollback fails after a failed COMMIT, which has rolled back already, and can run out of memory. The first
    // error is the one to throw.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
