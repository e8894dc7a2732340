import type { DuckDBConnection } from '@duckdb/node-api';

/** Everything that `work` does with the connection, or nothing of it. */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run('BEGIN TRANSACTION').catch(async () => {
    // A rollback that found no memory has left an aborted one behind, in which nothing else can be done. Where it was something else, the
    // second attempt says what.
    await connection.run('ROLLBACK').catch(() => undefined);
    await connection.run('BEGIN TRANSACTION');
  });
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // A failed COMMIT has rolled back already, and then this fails; it may also find no memory. The first error is the one that matters.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
