import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Selection } from '../../model/query.ts';
import { createSemaphore, type Semaphore } from '../semaphore.ts';
import type { Storage } from '../storage.ts';
import { statement } from './binding.ts';
import type { CollectionTotals } from './collection-totals.ts';
import { type Commit, isCommitWithoutMemory } from './commit-memory.ts';
import type { ErasedTokens } from './erased-tokens.ts';
import { type Erasure, markErasure } from './erasure.ts';
import type { InFlight } from './in-flight.ts';
import { explain, type QueryLimits } from './reader.ts';
import { inTransaction } from './transaction.ts';
import { pointer, where } from './where.ts';
import type { Writer } from './writer.ts';

/** Rows that one transaction updates. Their old and new JSON have to fit into memory. */
export const BATCH_ROWS = 20_000;

interface RemovalOptions {
  database: DuckDBInstance;
  writer: Writer;
  totals: CollectionTotals;
  writeLock: Semaphore;
  slowTasks: Semaphore;
  inFlight: InFlight;
  erasedTokens: ErasedTokens;
  erasure: Erasure;
  limits: QueryLimits;
  commit: Commit;
  /** Removes everything about a collection without events, also its name. Called with the write lock. */
  dropCollection(collection: string): Promise<void>;
  /** Called after each transaction, while no row is being changed. */
  onCommit(): void;
  /** Called if a COMMIT has found no memory. */
  onHalfCommit(error: Error): void;
}

/** Makes the `remove` of the storage port. */
export function createRemoval(options: RemovalOptions): Storage['remove'] {
  const {
    database,
    writer,
    totals,
    writeLock,
    slowTasks,
    inFlight,
    erasedTokens,
    erasure,
    limits,
    commit,
    onCommit,
    onHalfCommit,
    dropCollection,
  } = options;
  // Two removals could change the same rows, and the second one would fail.
  const removals = createSemaphore(1);

  async function remove(target: Parameters<Storage['remove']>[0]): Promise<void> {
    const { collection } = target;
    // Not the writing connection: recording has to go on during the scan.
    const connection = await database.connect();
    inFlight.adopt(connection);
    try {
      if ('property' in target) {
        // The schema first, so that an event that arrives meanwhile adds the property again.
        await writeLock.run(() => writer.dropFromSchema(collection, target.property));
        await slowTasks.run(() => removeProperty(connection, collection, target.property, commit, onCommit));
      } else {
        await slowTasks.run(() => removeEvents(connection, target, erasedTokens, commit));
        await writeLock.run(async () => {
          if (!(await totals.recount(connection, collection))) await dropCollection(collection);
        });
      }
      erasure.start();
    } catch (error) {
      if (isCommitWithoutMemory(error)) onHalfCommit(error as Error);
      throw explain(error as Error, limits.megabytes);
    } finally {
      inFlight.release(connection);
      connection.closeSync();
    }
    onCommit();
  }

  return (target) => inFlight.run(() => removals.run(() => remove(target)));
}

/**
 * Removes the selected events, all or none: they lose their collection, and the erasure does the rest. To overwrite their
 * JSON here would take memory for all of it.
 */
function removeEvents(
  connection: DuckDBConnection,
  selection: Selection,
  erasedTokens: ErasedTokens,
  commit: Commit,
): Promise<void> {
  return inTransaction(
    connection,
    async () => {
      await erasedTokens.add(connection, selection);
      const { sql, values } = statement((bind) => `UPDATE events SET collection = '' WHERE ${where(selection, bind)}`);
      await connection.run(sql, values);
      await markErasure(connection);
    },
    commit,
  );
}

/**
 * Removes a property from all events that a collection has now, in several transactions. After a failure in between,
 * the removal can be repeated.
 */
async function removeProperty(
  connection: DuckDBConnection,
  collection: string,
  path: string,
  commit: Commit,
  onCommit: () => void,
): Promise<void> {
  const [bounds] = (
    await connection.runAndReadAll('SELECT min(rowid), max(rowid) FROM events WHERE collection = $1', [collection])
  ).getRows();
  const [first, last] = bounds as [bigint | null, bigint];
  if (first === null) return;
  // Before and after, because an erasure that runs meanwhile completes the first one.
  await markErasure(connection);
  // In a merge patch (RFC 7396), null removes a member.
  const patch = path.split('.').reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), null);
  for (let start = first; start <= last; start += BigInt(BATCH_ROWS)) {
    const update = () =>
      connection.run(
        `UPDATE events SET event = json_merge_patch(event, $1::JSON)
       WHERE rowid >= $2 AND rowid < $3 AND collection = $4 AND json_exists(event, $5)`,
        [JSON.stringify(patch), start, start + BigInt(BATCH_ROWS), collection, pointer(path)],
      );
    await inTransaction(connection, update, commit);
    onCommit();
  }
  await markErasure(connection);
}
