import type { TestContext } from 'node:test';
import type { NewEvent } from '../model/event.ts';
import type { Storage } from '../storage/storage.ts';
import { duckdb, type Engine } from './engines.ts';
import { makeEvent } from './event.ts';

export interface TestStorage {
  storage: Storage;
  /** Changes only when a test sets it. */
  clock: { now: number };
  /** Prepares an event that arrives now. */
  event(collection: string, properties: object, token?: string): NewEvent;
  /** Appends events. @returns how many of them were stored, and are not repeats */
  send(...events: NewEvent[]): Promise<number>;
  /** Also runs when the test ends. */
  close(): Promise<void>;
  /** Of DuckDB the file, of ClickHouse the database. */
  file: string;
}

/**
 * Opens a real database.
 * @param file of an earlier one
 */
export async function openStorage(
  t: TestContext,
  now: number,
  file?: string,
  engine: Engine = duckdb,
): Promise<TestStorage> {
  const clock = { now };
  const place = file ?? engine.newPlace(t);
  const storage = await engine.open(() => clock.now, place);
  let closed = false;
  const close = async () => {
    if (!closed) await storage.close();
    closed = true;
  };
  t.after(close);
  const event = (collection: string, properties: object, token?: string): NewEvent =>
    makeEvent(collection, { ...properties, keen: { uniqueness_token: token ?? null } }, clock.now);
  const send = async (...events: NewEvent[]) => {
    const before = storage.overview.recorded().stored;
    await storage.append(events);
    return storage.overview.recorded().stored - before;
  };
  return { storage, clock, event, send, close, file: place };
}
