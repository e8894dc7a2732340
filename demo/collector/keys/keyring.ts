import { conflict, unavailable } from '../model/errors.ts';
import { hashKey } from '../model/key.ts';
import type { KeyChange, KeyEntry } from '../model/key-entry.ts';
import { createSemaphore } from '../storage/semaphore.ts';
import type { Keys } from '../storage/storage.ts';

/** Keys of a project, revoked ones included. All of them are in memory. */
export const MAX_KEYS = 10_000;

/** All keys of the project. A key is looked up by its hash. */
export interface Keyring {
  /** The entry of a key, even if it was revoked. */
  find(key: string): KeyEntry | undefined;
  /** The entry with this id, or of this key. */
  get(idOrKey: string): KeyEntry | undefined;
  /** Oldest first. */
  list(): KeyEntry[];
  /**
   * Call it before a key is accepted or refused.
   * @throws DomainError ServiceUnavailableError if a revocation by another collector could be missing
   */
  checkCurrent(): void;
  /**
   * Changes entries. Changes run one after the other, and `make` sees the result of all earlier ones. A change takes
   * effect once it is on disk, and so does a change that another collector of a cluster makes.
   * @throws DomainError ConflictError if no active Master key would remain, or there would be too many keys
   */
  change(make: () => KeyChange): Promise<void>;
}

/** Keeps all keys in memory, so that authorization never waits for the database, and follows their changes. */
export async function openKeyring(store: Keys): Promise<Keyring> {
  const byId = new Map<string, KeyEntry>();
  /**
   * By SHA-256 in hex. The time of a lookup can tell how much of a hash matches. An attacker cannot use that, because
   * choosing a key with a given hash means inverting SHA-256.
   */
  const byHash = new Map<string, KeyEntry>();
  const turn = createSemaphore(1);

  function replaceAll(entries: KeyEntry[]): void {
    byId.clear();
    byHash.clear();
    for (const entry of entries) {
      byId.set(entry.id, entry);
      byHash.set(entry.sha256.toString('hex'), entry);
    }
  }

  function check({ put = [], remove = [] }: KeyChange): void {
    const after = new Map(byId);
    for (const entry of put) after.set(entry.id, entry);
    for (const id of remove) after.delete(id);
    if (after.size > MAX_KEYS) throw conflict(`A project has at most ${MAX_KEYS} keys. Delete revoked ones.`);
    if (hasMaster(byId) && !hasMaster(after)) throw conflict('This is the last Master key. Make another one first.');
  }

  // The watch begins first, so that no change is missed. What it has brought is newer than what was read.
  let changed = false;
  store.watch((entries) => {
    changed = true;
    replaceAll(entries);
  });
  const { keys } = await store.read();
  if (!changed) replaceAll(keys);
  const find = (key: string) => byHash.get(hashKey(key).toString('hex'));
  return {
    find,
    get: (idOrKey) => byId.get(idOrKey) ?? find(idOrKey),
    list: () => [...byId.values()],
    checkCurrent() {
      if (!store.isCurrent())
        throw unavailable('The collector has lost its cluster, and cannot tell whether the key still holds.');
    },
    change: (make) =>
      turn.run(async () => {
        const change = make();
        check(change);
        await store.write(change);
      }),
  };
}

const hasMaster = (entries: Map<string, KeyEntry>) =>
  [...entries.values()].some((entry) => entry.class === 'master' && entry.active);
