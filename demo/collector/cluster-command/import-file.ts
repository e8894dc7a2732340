import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../model/errors.ts';
import { SettingsError } from '../model/settings-error.ts';
import { toIso } from '../model/timestamp.ts';
import { openExport } from '../storage/duckdb/export-events.ts';
import type { Storage } from '../storage/storage.ts';

const RETRY_DELAY_MS = 500;
/** The store takes what the log already has. */
const MAX_LAG_MS = 600_000;
/** Events between two lines of progress. */
const REPORT_EVERY = 100_000;

/** Where an import remembers how far it is. */
export interface Progress {
  /** @param id of the database */
  read(id: string): Promise<number>;
  write(id: string, last: number): Promise<void>;
}

export interface ImportOptions {
  storage: Storage;
  progress: Progress;
  inform(line: string): void;
}

/**
 * Brings the events and keys of a stopped collector's file into the cluster. After an interruption it goes on where it
 * was. An event that the cluster got meanwhile, because its sender has sent it again, is there once.
 * @throws SettingsError if the cluster has fewer events than the file at the end
 */
export async function importFile(file: string, { storage, progress, inform }: ImportOptions): Promise<void> {
  const source = await openExport(file);
  try {
    const { projectId, keys } = source.identity;
    await storage.keys.write({ ...(projectId !== undefined && { projectId }), put: keys });
    inform(`${keys.length} keys are in the cluster, and its project is that of the file.`);
    const { collections, until } = await source.counts();
    const total = [...collections.values()].reduce((sum, events) => sum + events, 0);
    let read = 0;
    for await (const { events, last } of source.events(await progress.read(source.id))) {
      await insist(() => storage.append(events));
      await progress.write(source.id, last);
      const before = read;
      read += events.length;
      if (Math.floor(before / REPORT_EVERY) < Math.floor(read / REPORT_EVERY)) inform(`${read} of ${total} events`);
    }
    inform(`${read} events were read now. Counting them in the cluster …`);
    await compare(storage, collections, until, inform);
  } finally {
    source.close();
  }
}

/** Repeats what a cluster in trouble refuses. */
async function insist<T>(task: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + MAX_LAG_MS; ; await sleep(RETRY_DELAY_MS)) {
    try {
      return await task();
    } catch (error) {
      const isPassing = error instanceof DomainError && error.code === 'ServiceUnavailableError';
      if (!isPassing || performance.now() > deadline) throw error;
    }
  }
}

async function compare(
  storage: Storage,
  collections: Map<string, number>,
  until: number,
  inform: (line: string) => void,
): Promise<void> {
  let missing = 0;
  for (const [collection, expected] of collections) {
    const found = await insist(() => countUntil(storage, collection, until));
    if (found >= expected) continue;
    // Their senders have sent these again, to the cluster, before the file was read. The later copy is the one that stays.
    const all = await insist(() => countUntil(storage, collection, Date.now()));
    inform(`${collection}: ${expected} in the file, ${found} in the cluster by then, ${all} by now`);
    missing += Math.max(0, expected - all);
  }
  if (missing)
    throw new SettingsError(
      `${missing} events of the file are not in the cluster. Were some removed meanwhile? Otherwise import it again.`,
    );
  inform(`All events of ${collections.size} collections are in the cluster.`);
}

/** Events of a collection that arrived until then. */
async function countUntil(storage: Storage, collection: string, until: number): Promise<number> {
  const rows = storage.query({
    type: 'analysis',
    collection,
    filters: [{ property: 'keen.created_at', operator: 'lte', operand: toIso(until) }],
    timeframe: undefined,
    measures: [{ metric: 'count', filters: [] }],
    groupBy: [],
    slices: undefined,
    order: [],
    limit: undefined,
  });
  for await (const [row] of rows) return Number(row!.values[0]);
  return 0;
}
