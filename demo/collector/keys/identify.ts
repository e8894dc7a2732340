import { hashKey, KEY_CLASSES, type KeyClass, makeKey, makeProjectId } from '../model/key.ts';
import { type KeyEntry, makeEntry } from '../model/key-entry.ts';
import { SettingsError } from '../model/settings-error.ts';
import type { Storage } from '../storage/storage.ts';

export interface Identified {
  projectId: string;
  /** The keys that were made now. This is the only time that anyone can see them. */
  made: Partial<Record<KeyClass, string>>;
  /** Classes whose key from outside was revoked since, and stays so. */
  revoked: KeyClass[];
}

/** What identifies the project from outside. */
interface Outside {
  projectId?: string | undefined;
  keys: Partial<Record<KeyClass, string>>;
}

/**
 * Who the project is: settings first, then what is stored; what neither has is made. Stores the outcome.
 *
 * A key from outside that is new replaces all others of its class. One that was revoked stays revoked: a rotated key must not
 * come back because the environment still holds it when the collector starts the next time.
 */
export async function identify(storage: Pick<Storage, 'keys'>, settings: Outside, now: number): Promise<Identified> {
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
