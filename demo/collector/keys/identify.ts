import { hashKey, KEY_CLASSES, makeKey, makeProjectId, type KeyClass, type KeyHashes } from './keys.ts';
import { SettingsError } from '../settings/settings-error.ts';
import type { Storage } from '../storage/storage.ts';

export interface Identified {
  projectId: string;
  hashes: KeyHashes;
  /** The keys that were made now. This is the only time that anyone can see them. */
  made: Partial<Record<KeyClass, string>>;
}

/** Who the project is: settings first, then what is stored; what neither has is made. Stores the outcome. */
export async function identify(storage: Storage, settings: { projectId?: string | undefined; keys: Partial<Record<KeyClass, string>> }): Promise<Identified> {
  const stored = await storage.keys.identity();
  const projectId = settings.projectId ?? stored.projectId ?? makeProjectId();
  const made: Identified['made'] = {};
  const hashes = { ...stored.hashes };
  for (const of of KEY_CLASSES) {
    const given = settings.keys[of];
    if (given) hashes[of] = hashKey(given);
    else if (!hashes[of]) hashes[of] = hashKey((made[of] = makeKey(of)));
  }
  const complete = hashes as KeyHashes;
  if (new Set(KEY_CLASSES.map((of) => complete[of].toString('hex'))).size < KEY_CLASSES.length) {
    throw new SettingsError('A key from the environment is stored as a key of another class.');
  }
  await storage.keys.setIdentity({ projectId, hashes: complete });
  return { projectId, hashes: complete, made };
}
