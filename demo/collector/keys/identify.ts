import { hashKey, KEY_CLASSES, type KeyClass, makeKey, makeProjectId } from '../model/key.ts';
import { type KeyEntry, makeEntry } from '../model/key-entry.ts';
import { SettingsError } from '../model/settings-error.ts';
import type { Keys } from '../storage/storage.ts';

export interface Identified {
  projectId: string;
  /** Keys that were generated now. They cannot be shown again, because only their hashes are stored. */
  made: Partial<Record<KeyClass, string>>;
  /** Classes whose key from the settings was revoked earlier. It stays revoked. */
  revoked: KeyClass[];
}

/** The project's id and keys from the settings. */
interface GivenIdentity {
  projectId?: string | undefined;
  keys: Partial<Record<KeyClass, string>>;
}

/**
 * Determines the project's id and keys: from the settings, else from storage, else newly generated. Stores the result.
 *
 * A new key from the settings replaces all others of its class. A revoked key stays revoked: a rotated key must not
 * become valid again because the environment still has it at the next start.
 * @throws SettingsError if a key is stored as one of another class
 */
export async function identify(
  storage: { keys: Pick<Keys, 'read' | 'write'> },
  settings: GivenIdentity,
  now: number,
): Promise<Identified> {
  const stored = await storage.keys.read();
  const projectId = settings.projectId ?? stored.projectId ?? makeProjectId();
  const made: Identified['made'] = {};
  const revoked: KeyClass[] = [];
  const put: KeyEntry[] = [];

  for (const of of KEY_CLASSES) {
    const given = settings.keys[of];
    const others = stored.keys.filter((entry) => entry.class === of);
    if (!given) {
      if (!others.length) put.push(makeEntry(hashKey((made[of] = makeKey(of))), of, now));
      continue;
    }
    const sha256 = hashKey(given);
    const known = stored.keys.find((entry) => entry.sha256.equals(sha256));
    if (known && known.class !== of)
      throw new SettingsError('A key from the environment is stored as a key of another class.');
    if (known && !known.active) revoked.push(of);
    if (!known)
      put.push(
        ...others.filter(({ active }) => active).map((entry) => ({ ...entry, active: false })),
        makeEntry(sha256, of, now),
      );
  }
  await storage.keys.write({ projectId, put });
  return { projectId, made, revoked };
}
