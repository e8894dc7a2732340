import { ApiError } from '../model/errors.ts';
import { hashKey } from '../model/key.ts';
import type { KeyEntry } from '../model/key-entry.ts';
import { createSemaphore } from '../storage/semaphore.ts';
import type { KeyChange, Keys } from '../storage/storage.ts';

/** Keys that a project may have, revoked ones included: all of them are in memory. */
export const MAX_KEYS = 10_000;

/** Every key of the project, known by hash. */
export interface Keyring {
  /** The entry of this key, also if it was revoked. */
  find(key: string): KeyEntry | undefined;
  /** The entry with this id, or of this key. */
  named(idOrKey: string): KeyEntry | undefined;
  /** Oldest first. */
  list(): KeyEntry[];
  /**
   * Changes entries, one caller after the other: `make` sees what all earlier ones have done. It holds once it is on disk.
   * @throws ApiError 409 where no Master key would be left, or too many keys
   */
  change(make: () => KeyChange): Promise<void>;
}

/** Reads all keys into memory, so that no request has to wait for the database to be let in. */
export async function openKeyring(store: Keys): Promise<Keyring> {
  const byId = new Map<string, KeyEntry>();
  /**
   * By SHA-256 in hex. How long a lookup takes may tell how much of a hash is right, which helps nobody: to choose the hash of
   * what one presents one would have to invert SHA-256.
   */
  const byHash = new Map<string, KeyEntry>();
  const turn = createSemaphore(1);

  function learn({ put = [], remove = [] }: KeyChange): void {
    for (const entry of put) {
      byId.set(entry.id, entry);
      byHash.set(entry.sha256.toString('hex'), entry);
    }
    for (const id of remove) {
      const entry = byId.get(id);
      if (entry) byHash.delete(entry.sha256.toString('hex'));
      byId.delete(id);
    }
  }

  function check({ put = [], remove = [] }: KeyChange): void {
    const after = new Map(byId);
    for (const entry of put) after.set(entry.id, entry);
    for (const id of remove) after.delete(id);
    if (after.size > MAX_KEYS)
      throw conflict(`A project has at most ${MAX_KEYS} keys; delete those that were revoked.`);
    if (hasMaster(byId) && !hasMaster(after)) throw conflict('This is the last Master key. Make another one first.');
  }

  learn({ put: (await store.read()).keys });
  const find = (key: string) => byHash.get(hashKey(key).toString('hex'));
  return {
    find,
    named: (idOrKey) => byId.get(idOrKey) ?? find(idOrKey),
    list: () => [...byId.values()],
    change: (make) =>
      turn.run(async () => {
        const change = make();
        check(change);
        await store.write(change);
        learn(change);
      }),
  };
}

const hasMaster = (entries: Map<string, KeyEntry>) =>
  [...entries.values()].some((entry) => entry.class === 'master' && entry.active);

const conflict = (message: string) => new ApiError(409, 'ConflictError', message);
