import { randomBytes } from 'node:crypto';
import { type AccessClass, type AccessOptions, type Permission, permittedTo } from './access.ts';
import { hashKey, type KeyClass, makeKey } from './key.ts';

/** All that is known of a key once it has been handed out: everything but the key. */
export interface KeyEntry {
  /** What it is called where the key must not stand: `id_` and 16 hex digits that say nothing about the key. */
  id: string;
  sha256: Buffer;
  class: AccessClass;
  /** What its maker calls it; empty where nobody has. */
  name: string;
  /** A key that is not was revoked, and may come back. */
  active: boolean;
  permitted: Permission[];
  options: AccessOptions;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** A change of the project's keys. Entries are added, or replaced where the id is known. */
export interface KeyChange {
  projectId?: string;
  put?: KeyEntry[];
  /** Ids. */
  remove?: string[];
}

const ENTRY_ID = /^id_[0-9a-f]{16}$/;
export const isEntryId = (text: string) => ENTRY_ID.test(text);

/** The entry of a key of one of Keen's three classes, by the key's hash. */
export function makeEntry(sha256: Buffer, of: KeyClass, now: number, name = ''): KeyEntry {
  return entry(sha256, { class: of, name, active: true, permitted: permittedTo(of), options: {} }, now);
}

/**
 * A new Access Key. Its label tells what it may do at first, and is one that the tracker refuses if the key can read.
 * @returns the key too: this is the only time that anyone can see it
 */
export function makeAccessKey(
  fields: Pick<KeyEntry, 'name' | 'active' | 'permitted' | 'options'>,
  now: number,
): { key: string; entry: KeyEntry } {
  const key = `access_${makeKey(fields.permitted.some((permission) => permission !== 'writes') ? 'read' : 'write')}`;
  return { key, entry: entry(hashKey(key), { class: 'access', ...fields }, now) };
}

function entry(sha256: Buffer, fields: Omit<KeyEntry, 'id' | 'sha256' | 'createdAt'>, now: number): KeyEntry {
  return { id: `id_${randomBytes(8).toString('hex')}`, sha256, createdAt: now, ...fields };
}
