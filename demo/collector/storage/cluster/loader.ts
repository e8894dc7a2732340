import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../model/errors.ts';
import { type Log, LogExpiredError, type LogRecord } from './log.ts';
import type { Place } from './position.ts';
import { decodeEntry, type LogEntry } from './record.ts';
import type { EventRecord, LoggedEvent, StoreWriter } from './store.ts';

/**
 * Each insert makes files that the store has to merge, so a partition rests between two: as long as the last one took,
 * within these limits. A store that is busy gets fewer and larger inserts then.
 */
const MIN_REST_MS = 50;
const MAX_REST_MS = 200;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/**
 * Errors of ClickHouse that come from a row and not from the state of a server: a value that does not parse, or that no
 * column takes. All other errors are retried, because dropping events would not help.
 */
const ROW_ERRORS = new Set([
  '26',
  '27',
  '33',
  '38',
  '41',
  '53',
  '69',
  '70',
  '72',
  '117',
  '130',
  '131',
  '190',
  '321',
  '349',
]);

/** An entry that the store does not take. */
export interface Refused {
  partition: number;
  seq: number;
  reason: string;
  /** Absent for a record that is none, or for a removal. */
  event?: LoggedEvent;
}

export interface Loader {
  /** Ends after the batches that are being stored. */
  stop(): Promise<void>;
  /** Resolves with the error after which a partition cannot go on. */
  failed: Promise<Error>;
}

export interface LoaderOptions {
  log: Log;
  writer: StoreWriter;
  /** The partitions of the writer's shard. */
  partitions: number[];
  /** Keeps what the store does not take. May get the same twice. */
  refuse(refused: Refused): Promise<void>;
  /** Told about an error that is retried. */
  onTrouble(error: Error): void;
}

/** A partition's log. */
type Source = Omit<Place, 'seq'>;

/**
 * Brings a shard's partitions from the log into one of its replicas, each in order, from the offset that the replica
 * itself holds.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function startLoader({ log, writer, partitions, refuse, onTrouble }: LoaderOptions): Loader {
  const stopping = new AbortController();
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  /** Stores the records of one partition; those that the store does not take are left out and kept elsewhere. */
  async function record(source: Source, records: EventRecord[]): Promise<void> {
    try {
      await writer.record(source, records);
    } catch (error) {
      if (!isRowError(error)) throw error;
      const good: EventRecord[] = [];
      for (const one of records) good.push({ ...one, events: await withoutRefused(source, one, one.events) });
      // Once more as a whole: a record's repeats are counted together.
      await writer.record(source, good);
    }
  }

  /** Halves the events until those stand alone that the store does not take. */
  async function withoutRefused(source: Source, record: EventRecord, events: LoggedEvent[]): Promise<LoggedEvent[]> {
    try {
      await writer.record(source, [{ ...record, events }]);
      return events;
    } catch (error) {
      if (!isRowError(error)) throw error;
      if (events.length <= 1) {
        for (const event of events)
          await refuse({ partition: source.partition, seq: record.seq, reason: messageOf(error), event });
        return [];
      }
      const middle = events.length >> 1;
      const first = await withoutRefused(source, record, events.slice(0, middle));
      return [...first, ...(await withoutRefused(source, record, events.slice(middle)))];
    }
  }

  async function decode(partition: number, { seq, bytes }: LogRecord): Promise<LogEntry | undefined> {
    try {
      return decodeEntry(bytes);
    } catch (error) {
      await refuse({ partition, seq, reason: messageOf(error) });
      return undefined;
    }
  }

  async function remove(place: Place, { target }: LogEntry & { kind: 'removal' }): Promise<void> {
    try {
      await writer.remove(place, target);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'ServiceUnavailableError') throw error;
      await refuse({ partition: place.partition, seq: place.seq, reason: error.message });
    }
  }

  /** Stores records in order, and then that they are stored. */
  async function store(source: Source, records: LogRecord[]): Promise<void> {
    let events: EventRecord[] = [];
    const flush = async () => {
      if (!events.length) return;
      await record(source, events);
      await writer.advance({ ...source, seq: events.at(-1)!.seq });
      events = [];
    };
    for (const one of records) {
      const entry = await decode(source.partition, one);
      const place = { ...source, seq: one.seq };
      if (entry?.kind === 'events') events.push({ seq: one.seq, events: entry.events, properties: entry.properties });
      else if (entry) {
        await flush();
        if (entry.kind === 'removal') await remove(place, entry);
        else await writer.addRefusals(place, entry.refusals);
      }
    }
    await flush();
    await writer.advance({ ...source, seq: records.at(-1)!.seq });
  }

  async function load(partition: number, onProgress: () => void): Promise<void> {
    const { born } = (await log.heads())[partition]!;
    const stored = (await writer.offsets()).find((offset) => offset.partition === partition);
    const from = stored?.born === born ? stored.seq + 1 : 1;
    for await (const records of log.read(partition, from, stopping.signal)) {
      const startedAt = performance.now();
      await store({ partition, born }, records);
      onProgress();
      const took = performance.now() - startedAt;
      if (!stopping.signal.aborted) await sleep(Math.min(Math.max(took, MIN_REST_MS), MAX_REST_MS));
    }
  }

  /** Begins again after an error, where the replica says that it stands. */
  async function keepLoading(partition: number): Promise<void> {
    for (let delay = MIN_RETRY_MS; !stopping.signal.aborted; ) {
      try {
        await load(partition, () => (delay = MIN_RETRY_MS));
      } catch (error) {
        if (error instanceof LogExpiredError) return fail(error);
        onTrouble(error as Error);
        await sleep(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
        delay = Math.min(2 * delay, MAX_RETRY_MS);
      }
    }
  }

  const running = Promise.all(partitions.map(keepLoading));
  return {
    failed,
    async stop() {
      stopping.abort();
      await running;
      await writer.close();
    },
  };
}

const isRowError = (error: unknown) => ROW_ERRORS.has(String((error as { code?: unknown }).code));

/** The first line, which never quotes a row's values. */
const messageOf = (error: unknown) => (error as Error).message.split('\n')[0]!;
