import type { Entry } from '../../../src/event.ts';

/** A record as it waits on disk. */
export interface Waiting {
  /** Time, page and counter in one; also the event's uniqueness token. */
  id: string;
  collection: string;
  /** The event's JSON text, as it will be sent. */
  json: string;
}

/**
 * The oldest records that wait in this browser, at most `limit`. Looks and never touches: the database is not
 * created where there is none, and not kept open, so that the tracker can still delete it.
 */
export async function peekQueue(projectId: string, limit: number): Promise<Waiting[]> {
  const name = `mailslot:${projectId}`;
  // Old Firefox cannot list; there the aborted upgrade below leaves nothing behind either.
  if (indexedDB.databases && !(await indexedDB.databases()).some((database) => database.name === name)) return [];
  const database = await openExisting(name);
  if (!database) return [];
  try {
    // One store, one record an event.
    const [name] = database.objectStoreNames;
    if (!name) return [];
    const items = await done<Entry[]>(database.transaction(name).objectStore(name).getAll(null, limit));
    return items.map(([id, collection, json]) => ({ id, collection, json }));
  } finally {
    database.close();
  }
}

function openExisting(name: string): Promise<IDBDatabase | undefined> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    let isNew = false;
    request.onupgradeneeded = () => {
      // It did not exist; without the upgrade it goes on not existing.
      isNew = true;
      request.transaction!.abort();
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => (isNew ? resolve(undefined) : reject(request.error));
  });
}

const done = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
