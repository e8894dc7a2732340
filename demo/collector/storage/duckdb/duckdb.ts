import { statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { queryTooLarge, unavailable } from '../../model/errors.ts';
import type { Query } from '../../model/query.ts';
import { createSemaphore } from '../semaphore.ts';
import type { Overview, Storage } from '../storage.ts';
import { createAppender } from './append.ts';
import { createBackups } from './backup.ts';
import { dropCache } from './cache.ts';
import { AUTO_CHECKPOINT_THRESHOLD, createCheckpoints } from './checkpoints.ts';
import { openCollectionTotals } from './collection-totals.ts';
import { createCommitMemory } from './commit-memory.ts';
import { openErasedTokens, readSecret } from './erased-tokens.ts';
import { createErasure } from './erasure.ts';
import { createErrorLog } from './error-log.ts';
import { isMarkedOpen, markComplete, markOpen } from './file-state.ts';
import { createInFlight } from './in-flight.ts';
import { createKeys } from './keys.ts';
import { openFile } from './open-file.ts';
import { createPageCompaction } from './page-compaction.ts';
import { readPageCounts } from './page-counts.ts';
import { queryRows } from './query-rows.ts';
import { createReader, type QueryLimits } from './reader.ts';
import { rebuildTable } from './rebuild-table.ts';
import { openRefusalWriter, readRefusals } from './refusals.ts';
import { createRemoval } from './removal.ts';
import { readArrivals, readLatestEvents } from './summaries.ts';
import { openWriter } from './writer.ts';

/**
 * Queries, removals and compactions that run at once. Each blocks one of Node's four worker threads while DuckDB works,
 * and recording needs one of these threads.
 */
const MAX_SLOW_TASKS = 2;
/** Memory for recording, on top of the memory of queries. */
const RECORDING_MB = 256;
/** Memory that only commits can use, on top of both. */
const COMMIT_MB = 512;
const DEFAULT_LIMITS: QueryLimits = { seconds: 30, megabytes: 1024 };

/**
 * Opens the collector's database on DuckDB, and creates the file if it is missing.
 * @param now the clock, in milliseconds since 1970
 * @param limits of queries; 30 seconds and 1024 MB by default
 * @throws if the file cannot be opened, is locked, or is not a database
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory, and the wiring of its parts
export async function openDuckDB(
  file: string,
  now: () => number = Date.now,
  limits = DEFAULT_LIMITS,
): Promise<Storage> {
  const memoryMB = limits.megabytes + RECORDING_MB;
  const database = await openFile(file, now(), {
    checkpoint_threshold: AUTO_CHECKPOINT_THRESHOLD,
    memory_limit: `${memoryMB}MB`,
  });
  const writing = await database.connect();
  const reading = await database.connect();
  const compacting = await database.connect();
  const erasing = await database.connect();
  const limiting = await database.connect();
  const writeLock = createSemaphore(1);
  // A connection runs one statement at a time; a second one would block a worker thread only to wait.
  const readLock = createSemaphore(1);
  const slowTasks = createSemaphore(MAX_SLOW_TASKS);
  const inFlight = createInFlight();
  inFlight.adopt(reading);

  const errors = createErrorLog();
  const reader = createReader(database, slowTasks, limits);
  const stopQueries = () =>
    reader.stop(queryTooLarge(`All queries together need more than ${limits.megabytes} MB of memory.`));
  const read = <T>(task: () => Promise<T>) => inFlight.run(() => readLock.run(task));
  const erasedTokens = await openErasedTokens(writing, now);
  const totals = await openCollectionTotals(writing);
  let revision = 0;
  const { commit, withReserve } = createCommitMemory({
    connection: limiting,
    memoryMB,
    reservedMB: COMMIT_MB,
    isShared: () => !slowTasks.isIdle() || !readLock.isIdle(),
    stopQueries,
  });
  const writer = await openWriter(writing, erasedTokens, totals, now, commit);
  // Only while nothing reads: a query would find too little memory meanwhile. If something reads, the next checkpoint
  // does it.
  const releaseCache = () => slowTasks.runIfIdle(() => readLock.runIfIdle(() => dropCache(writing, memoryMB)));
  const checkpoint = async () => {
    await commit(() => writing.run('CHECKPOINT'));
    await releaseCache();
  };
  // The lock comes first: events must not wait for a checkpoint that waits for a backup.
  const checkpointLock = createSemaphore(1);
  const checkpointAlone = () => checkpointLock.run(() => writeLock.run(checkpoint));
  const checkpoints = createCheckpoints(checkpointAlone, file, errors.as('checkpoint failed'));
  const backups = createBackups({ file, connection: writing, writeLock, checkpointLock });
  const erasure = createErasure({
    connection: erasing,
    runSlowTask: slowTasks.run,
    checkpoint: checkpointAlone,
    onError: errors.as('erased bytes not overwritten'),
  });
  const compaction = createPageCompaction(
    compacting,
    slowTasks.run,
    now,
    errors.as('page counts not compacted'),
    commit,
  );
  const writeRefusals = async (task: () => Promise<void>) => {
    await writeLock.run(task);
    checkpoints.runIfDue();
  };
  const refusals = await openRefusalWriter(writing, writeRefusals, errors.as('refusals not written'), commit);
  if (!(await isMarkedOpen(writing, file)) && checkpoints.hasSpace()) {
    await markOpen(writing, file);
    // So that a copy of the file alone says that it is one.
    await checkpoint();
  }
  await releaseCache(); // of the tokens that the writer has read
  erasure.start(); // of removals that an earlier process has not completed

  async function dropCollection(collection: string): Promise<void> {
    await writer.dropFromSchema(collection);
    totals.delete(collection);
    await rebuildTable(writing, 'repeats', 'FROM repeats WHERE collection <> $1', [collection], commit);
    await refusals.erase(collection);
  }

  const appender = createAppender({
    write: (events) => writeLock.run(() => writer.write(events)),
    writeWithReserve: (events) => writeLock.run(() => withReserve(() => writer.write(events))),
    stopQueries,
    onCommit() {
      revision++;
      checkpoints.runIfDue();
      compaction.runIfDue();
    },
    onError: errors.as('events not written'),
  });

  return {
    append: appender.append,
    query: ((query: Query, signal?: AbortSignal) =>
      reader.run((read) => queryRows(query, read), signal)) as Storage['query'],
    remove: createRemoval({
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
      dropCollection,
      onHalfCommit: errors.as('removal failed'),
      onCommit() {
        revision++;
        checkpoints.runIfDue();
      },
    }),
    schema: writer.schema,
    keys: createKeys(writing, (task) => inFlight.run(() => writeLock.run(task)), commit),
    refusals: {
      add(refusal) {
        revision++;
        refusals.add(refusal);
      },
      report: (limit, filter = {}) =>
        inFlight.run(async () => {
          await refusals.flush();
          return readLock.run(() => readRefusals(reading, limit, filter));
        }),
    },
    overview: {
      ...createOverview(reading, read),
      collections: async (limit) => totals.summarize(limit),
      misdated: async (collection) => totals.misdated(collection),
      recorded: totals.recorded,
      revision: () => revision,
    },
    size: () => ({
      fileBytes: bytesOf(file),
      logBytes: bytesOf(`${file}.wal`),
      waitingChars: appender.waitingChars(),
    }),
    healthy: appender.healthy,
    failed: errors.fatal,
    secret: await readSecret(reading),
    backup: backups.begin,
    async close() {
      backups.abort();
      await reader.close(unavailable('The collector is stopping.'));
      await inFlight.finish();
      await appender.idle();
      await refusals.end();
      await compaction.finish();
      await erasure.finish();
      if (checkpoints.hasSpace()) await markComplete(writing).catch(errors.as('file not marked as complete'));
      await checkpoints.finish();
      for (const connection of [limiting, erasing, compacting, reading, writing]) connection.closeSync();
      database.closeSync();
      backups.close();
    },
  };
}

const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const createOverview = (
  connection: DuckDBConnection,
  read: <T>(task: () => Promise<T>) => Promise<T>,
): Pick<Overview, 'arrivals' | 'latestEvents' | 'pages'> => ({
  arrivals: (since, width, collections) => read(() => readArrivals(connection, since, width, collections)),
  latestEvents: (limit) => read(() => readLatestEvents(connection, limit)),
  pages: (since) => read(() => readPageCounts(connection, since)),
});
