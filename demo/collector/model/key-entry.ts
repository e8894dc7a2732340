import { randomBytes } from 'node:crypto';
import { type AccessClass, type AccessOptions, canRead, type Permission, permittedTo } from './access.ts';
import { hashKey, type KeyClass, makeKey, makeUnlabelledKey } from './key.ts';

/** Everything that is stored about a key, which never includes the key itself. */
export interface KeyEntry {
  /** `id_` and 16 random hex digits, for logs and lists. */
  id: string;
  /** Hash of the key, 32 bytes. */
  sha256: Buffer;
  class: AccessClass;
  /** Chosen by its creator; can be empty. */
  name: string;
  /** `false` for a revoked key, which can be activated again. */
  active: boolean;
  permitted: Permission[];
  options: AccessOptions;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** A change of the project's keys. */
export interface KeyChange {
  projectId?: string;
  /** Entries to add; an entry with a known id replaces the stored one. */
  put?: KeyEntry[];
  /** Ids of the entries to remove. */
  remove?: string[];
}

const ENTRY_ID = /^id_[0-9a-f]{16}$/;
export const isEntryId = (text: string) => ENTRY_ID.test(text);

/** Makes the entry of a key of one of Keen's three classes. */
export function makeEntry(sha256: Buffer, keyClass: KeyClass, now: number, name = ''): KeyEntry {
  return makeEntryOf(
    sha256,
    { class: keyClass, name, active: true, permitted: permittedTo(keyClass), options: {} },
    now,
  );
}

/**
 * Makes an Access Key. Its label shows whether it can read, so that the tracker can reject such a key.
 * @param labelled whether it has a label at all
 * @returns the entry, and the key, which cannot be recovered later
 */
export function makeAccessKey(
  fields: Pick<KeyEntry, 'name' | 'active' | 'permitted' | 'options'>,
  now: number,
  labelled = true,
): { key: string; entry: KeyEntry } {
  const label = canRead(fields.permitted) ? 'read' : 'write';
  const key = labelled ? `access_${makeKey(label)}` : makeUnlabelledKey(label);
  return { key, entry: makeEntryOf(hashKey(key), { class: 'access', ...fields }, now) };
}

function makeEntryOf(sha256: Buffer, fields: Omit<KeyEntry, 'id' | 'sha256' | 'createdAt'>, now: number): KeyEntry {
  return { id: `id_${randomBytes(8).toString('hex')}`, sha256, createdAt: now, ...fields };
}
