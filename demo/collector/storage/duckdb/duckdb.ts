import { queryTooLarge, unavailable } from '../../model/errors.ts';
import type { Query } from '../../model/query.ts';
import { limit } from '../semaphore.ts';
import type { NewEvent, Storage } from '../storage.ts';
import { dropCache } from './cache.ts';
import { checkpoints, LAST_RESORT } from './checkpoints.ts';
import { groupCommit } from './group-commit.ts';
import { readKeys, writeKeys } from './keys.ts';
import { openFile } from './open-file.ts';
import { tidyPages } from './page-compaction.ts';
import { readPages } from './page-counts.ts';
import { answer } from './query-rows.ts';
import { explain, isOutOfMemory, openReader, type QueryLimits } from './reader.ts';
import { openRefusals, readRefusals } from './refusals.ts';
import { isEmpty, removeEvents, removeProperty } from './removal.ts';
import { readArrivals, readCollections, readLatestEvents } from './summaries.ts';
import { inTransaction } from './transaction.ts';
import { openWriter } from './writer.ts';

/** Characters of JSON after which a transaction takes no further request. */
const MAX_GROUP = 8_000_000;
/** Characters of JSON that may wait in memory for the disk; over it, senders are asked to come again. */
const MAX_WAITING = 64_000_000;
/** Queries and removals that run at once. Each holds one of Node's four worker threads while the database works; recording needs one. */
const SLOW_AT_ONCE = 2;
/** Megabytes for recording, on top of what queries may use. */
const RESERVED = 256;
const DEFAULT_LIMITS: QueryLimits = { seconds: 30, megabytes: 1024 };

/**
 * The collector's database on DuckDB.
 * @throws if the file cannot be opened, is locked, or is not a database
 */
export async function openDuckDB(
  file: string,
  now: () => number = Date.now,
  limits = DEFAULT_LIMITS,
): Promise<Storage> {
  const megabytes = limits.megabytes + RESERVED;
  const database = await openFile(file, now(), {
    checkpoint_threshold: LAST_RESORT,
    memory_limit: `${megabytes}MB`,
  });
  const writing = await database.connect();
  const reading = await database.connect();
  const tidying = await database.connect();

  const writer = await openWriter(writing, now);
  const pen = limit(1); // who may use the writing connection
  const events = groupCommit(write, ({ json }) => json.length, MAX_GROUP);
  const aside = async (task: () => Promise<void>) => {
    await pen.run(task);
    log.consider();
  };
  const refusals = await openRefusals(writing, aside, (error) => report('refusals not noted', error));
  const slow = limit(SLOW_AT_ONCE);
  const reader = openReader(database, slow, limits);
  const looks = limit(1); // a connection runs one at a time, and a second would hold a thread only to wait

  let healthy = true;
  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  function report(what: string, error: Error): void {
    console.error(JSON.stringify({ error: `${what}: ${error.message}` }));
    if (isFatal(error)) fail(error);
  }
  const pages = tidyPages(tidying, slow.run, now, (error) => report('pages not tidied', error));
  // Alone: what reads meanwhile would find too little memory. Where something reads just now, the next checkpoint does it.
  const giveBack = () => slow.runAlone(() => looks.runAlone(() => dropCache(writing, megabytes)));
  const checkpoint = async () => {
    await writing.run('CHECKPOINT');
    await giveBack();
  };
  const log = checkpoints(
    () => pen.run(checkpoint),
    file,
    (error) => report('no checkpoint', error),
  );
  await giveBack(); // the tokens that the writer has read

  /** Recording goes first: where queries have left it no memory, they end. */
  async function write(group: NewEvent[]): Promise<boolean[]> {
    try {
      return await pen.run(() => writer.write(group));
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await reader.stop(queryTooLarge(`All queries together need more than ${limits.megabytes} MB of memory.`));
      return pen.run(() => writer.write(group));
    }
  }

  async function append(batch: NewEvent[]): Promise<boolean[]> {
    if (events.waiting() > MAX_WAITING)
      throw unavailable('The collector has more events waiting than it can write; send these again.');
    try {
      const kept = await events.add(batch);
      healthy = true;
      log.consider();
      pages.consider();
      return kept;
    } catch (error) {
      healthy = false;
      report('events not written', error as Error);
      throw unavailable('The events could not be written to disk; send them again.');
    }
  }

  async function remove(what: Parameters<Storage['remove']>[0]): Promise<void> {
    const { collection } = what;
    // Not the writing connection: recording goes on while events are looked through.
    const removing = await database.connect();
    try {
      if ('property' in what) {
        // First, so that an event which comes meanwhile brings it back.
        await pen.run(() => writer.forget(collection, what.property));
        await slow.run(() => removeProperty(removing, collection, what.property, log.consider));
      } else {
        await slow.run(() => removeEvents(removing, what));
        await pen.run(async () => {
          if (await isEmpty(removing, collection)) await writer.forget(collection);
        });
      }
    } catch (error) {
      throw explain(error as Error, limits.megabytes);
    } finally {
      removing.closeSync();
    }
    log.consider();
  }

  return {
    append,
    query: ((query: Query, signal?: AbortSignal) =>
      reader.answer((read) => answer(query, read), signal)) as Storage['query'],
    remove,
    schema: writer.schema,
    keys: {
      read: () => looks.run(() => readKeys(reading)),
      write: (change) => pen.run(() => inTransaction(writing, () => writeKeys(writing, change))),
    },
    refusals: {
      add: refusals.add,
      report: async (most, filter = {}) => {
        await refusals.flush();
        return looks.run(() => readRefusals(reading, most, filter));
      },
    },
    overview: {
      collections: () => looks.run(() => readCollections(reading)),
      arrivals: (since, width) => looks.run(() => readArrivals(reading, since, width)),
      latestEvents: (most) => looks.run(() => readLatestEvents(reading, most)),
      pages: (since) => looks.run(() => readPages(reading, since)),
    },
    healthy: () => healthy,
    failed,
    async close() {
      await reader.stop(unavailable('The collector is stopping.'));
      await events.idle();
      await refusals.end();
      await pages.finish();
      await log.finish();
      tidying.closeSync();
      reading.closeSync();
      writing.closeSync();
      database.closeSync();
    },
  };
}

/** After such an error the database does nothing any more until it is opened again. */
const isFatal = (error: Error) => /^FATAL Error/.test(error.message);
