import type { KV } from '@nats-io/kv';
import { conflict, unavailable } from '../../model/errors.ts';
import type { KeyChange, KeyEntry } from '../../model/key-entry.ts';
import type { Keys } from '../storage.ts';
import { retry } from './retry.ts';

/** The key of the bucket with all keys of the project, and the one that proves a quorum. */
const RING = 'ring';
const BEAT = 'beat';

/** A collector that starts with its cluster waits for an election. */
const START_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 250;
/** A revocation holds on each collector within this time, because older keys are not used. */
const MAX_AGE_MS = 1_000;
/** Reads on their way at once: each can take five seconds, and a later one can be faster. */
const MAX_READS = 20;
/** Collectors that change keys at once; one of them wins each time. */
const MAX_ATTEMPTS = 10;

type StoredEntry = Omit<KeyEntry, 'sha256'> & { sha256: string };
interface Ring {
  projectId?: string;
  keys: KeyEntry[];
}

export interface ClusterKeys extends Keys {
  close(): Promise<void>;
}

/**
 * The project's keys in a bucket of JetStream, as one value, which changes as a whole or not at all.
 *
 * Four times a second each collector reads it from the bucket's leader. Before that it writes a beat: a leader that a
 * broken network has cut off cannot write, but it could still read keys that were revoked elsewhere.
 * @param onTrouble is told about failed reads, which are repeated
 */
export async function openClusterKeys(kv: KV, onTrouble: (error: Error) => void): Promise<ClusterKeys> {
  const watchers = new Set<(keys: KeyEntry[]) => void>();
  let revision = 0;
  let ring: Ring = { keys: [] };
  /** When the last read that succeeded began. */
  let readAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  const running = new Set<Promise<void>>();

  function accept(next: Ring, at: number): void {
    if (at <= revision) return;
    revision = at;
    ring = next;
    for (const changed of watchers) changed(ring.keys);
  }

  async function refresh(): Promise<void> {
    const startedAt = performance.now();
    await kv.put(BEAT, '');
    const entry = await kv.get(RING);
    if (entry) accept(decode(entry.string()), entry.revision);
    readAt = Math.max(readAt, startedAt);
  }

  /** Does not wait for an earlier read: one that takes long would make the keys too old. */
  function refreshSoon(): void {
    if (running.size >= MAX_READS) return;
    const reading: Promise<void> = refresh()
      .catch((error: Error) => {
        if (!closed) onTrouble(error);
      })
      .finally(() => running.delete(reading));
    running.add(reading);
  }

  /** @returns whether no other collector was faster */
  async function tryWrite(change: KeyChange): Promise<boolean> {
    await refresh();
    const next = applyTo(ring, change);
    // Each start of a collector writes what the settings say, which is mostly there.
    if (revision && encode(next) === encode(ring)) return true;
    try {
      const written = revision ? await kv.update(RING, encode(next), revision) : await kv.create(RING, encode(next));
      if (!(written > 0)) throw new Error('the bucket has not confirmed the change');
      accept(next, written);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      onTrouble(error as Error);
      throw unavailable(
        'The keys cannot be changed now, because the cluster has no quorum. Look at them, then try again.',
      );
    }
  }

  await retry(START_TIMEOUT_MS, refresh);
  const timer = setInterval(refreshSoon, CHECK_INTERVAL_MS);
  return {
    async read() {
      if (!isCurrent()) await refresh();
      return ring;
    },
    async write(change) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) if (await tryWrite(change)) return;
      throw unavailable('Too many collectors change keys at once; try again.');
    },
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    isCurrent,
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all(running);
    },
  };

  function isCurrent(): boolean {
    return performance.now() - readAt < MAX_AGE_MS;
  }
}

/** JetStream's code for a value that has changed since it was read. */
const WRONG_LAST_SEQUENCE = 10071;
const isConflict = (error: unknown) => (error as { code?: unknown }).code === WRONG_LAST_SEQUENCE;

function applyTo({ projectId, keys }: Ring, { projectId: newId, put = [], remove = [] }: KeyChange): Ring {
  const byId = new Map(keys.map((entry) => [entry.id, entry]));
  for (const entry of put) byId.set(entry.id, entry);
  for (const id of remove) byId.delete(id);
  const changed = [...byId.values()].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  // Each collector checks this too, but two of them could each revoke one of the last two.
  if (hasMaster(keys) && !hasMaster(changed)) throw conflict('This is the last Master key. Make another one first.');
  const id = newId ?? projectId;
  return { ...(id !== undefined && { projectId: id }), keys: changed };
}

const hasMaster = (keys: KeyEntry[]) => keys.some((entry) => entry.class === 'master' && entry.active);

const encode = ({ keys, ...ring }: Ring): string =>
  JSON.stringify({ ...ring, keys: keys.map((entry) => ({ ...entry, sha256: entry.sha256.toString('base64') })) });

function decode(text: string): Ring {
  const { keys, ...ring } = JSON.parse(text) as Omit<Ring, 'keys'> & { keys: StoredEntry[] };
  return { ...ring, keys: keys.map((entry) => ({ ...entry, sha256: Buffer.from(entry.sha256, 'base64') })) };
}
