import type { KeyChange, KeyEntry } from '../model/key-entry.ts';
import type { Keys } from '../storage/storage.ts';

/**
 * Keys in memory.
 * @param store is called with each change before it holds, and can reject it
 */
export function memoryKeys(keys: KeyEntry[] = [], store = async (_change: KeyChange) => {}): Keys {
  const entries = new Map(keys.map((entry) => [entry.id, entry]));
  const watchers = new Set<(keys: KeyEntry[]) => void>();
  let projectId: string | undefined;
  const all = () => [...entries.values()].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return {
    read: async () => ({ ...(projectId !== undefined && { projectId }), keys: all() }),
    async write(change) {
      await store(change);
      projectId = change.projectId ?? projectId;
      for (const entry of change.put ?? []) entries.set(entry.id, entry);
      for (const id of change.remove ?? []) entries.delete(id);
      for (const changed of watchers) changed(all());
    },
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    isCurrent: () => true,
  };
}
