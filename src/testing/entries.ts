import { promisifyRequest } from 'idb-keyval';
import { type Entry, timePart } from '../event.ts';
import { START_MS } from './page.ts';

/**
 * The entry with this count; its JSON is `{"n":count,"text":"xxx…"}` with `padding` characters. Its time is that of the
 * stopped clock, also if it is made before the clock stops.
 */
export function makeEntry(count: number, { collection = 'visits', padding = 0 } = {}): Entry {
  const id = `${timePart(Math.max(Date.now(), START_MS))}-1-${timePart(count)}`;
  const json = JSON.stringify({ n: count, text: 'x'.repeat(padding) });
  return [id, collection, json];
}

/** Changes the records of a database, as another script of the origin can. */
export async function changeRecords(name: string, job: (store: IDBObjectStore) => void): Promise<void> {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore(name);
  const db = await promisifyRequest(request);
  const { transaction } = db.transaction(name, 'readwrite').objectStore(name);
  job(transaction.objectStore(name));
  await promisifyRequest(transaction);
  db.close();
}

/** All records of a database, in order; undefined if there is no database. */
export async function readRecords(name: string): Promise<unknown[] | undefined> {
  if (!(await indexedDB.databases()).some((database) => database.name === name)) return undefined;
  const db = await promisifyRequest(indexedDB.open(name));
  const records = await promisifyRequest(db.transaction(name).objectStore(name).getAll());
  db.close();
  return records;
}
