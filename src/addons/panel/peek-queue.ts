/** A record of the tracker's database. */
type Entry = readonly [id: string, collection: string, json: string];

/** An event in the tracker's database. */
export interface QueuedEvent {
  /** The event's uniqueness token: time, page and counter in one string. */
  id: string;
  collection: string;
  /** JSON text, exactly as it will be sent. */
  json: string;
}

/**
 * Reads the oldest queued events of this browser, at most `limit`. Never creates the database, and never keeps it open,
 * because the tracker must be able to delete it.
 */
export async function peekQueue(projectId: string, limit: number): Promise<QueuedEvent[]> {
  const name = `mailslot:${projectId}`;
  // Old versions of Firefox lack `databases()`. There, the aborted upgrade below leaves no database behind either.
  if (indexedDB.databases && !(await indexedDB.databases()).some((database) => database.name === name)) return [];
  const database = await openExisting(name);
  if (!database) return [];
  try {
    // The tracker has one store, with one record for each event.
    const [name] = database.objectStoreNames;
    if (!name) return [];
    const items = await done<Entry[]>(database.transaction(name).objectStore(name).getAll(null, limit));
    // A record's id is the token and the length of the JSON text.
    return items.map(([id, collection, json]) => ({ id: id.split('~', 1)[0]!, collection, json }));
  } finally {
    database.close();
  }
}

function openExisting(name: string): Promise<IDBDatabase | undefined> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    let isNew = false;
    request.onupgradeneeded = () => {
      // The database does not exist. Aborting the upgrade prevents its creation.
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
