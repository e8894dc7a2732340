import { createHash, randomBytes } from 'node:crypto';

/**
 * Keen's three classes of key. Write records events, Read queries them, Master does both, deletes, and manages keys.
 */
export const KEY_CLASSES = ['write', 'read', 'master'] as const;
export type KeyClass = (typeof KEY_CLASSES)[number];

/** Makes a labelled key with 192 random bits, such as `write_5f…`. */
export const makeKey = (keyClass: KeyClass): string => `${keyClass}_${randomBytes(24).toString('hex')}`;

/**
 * Makes a key of hex digits, for clients that accept letters and digits only. A Write key has 48. All others have 64, as
 * Keen's Master keys, and the tracker rejects these.
 */
export const makeUnlabelledKey = (keyClass: KeyClass): string =>
  randomBytes(keyClass === 'write' ? 24 : 32).toString('hex');

/** Makes a project id in Keen's format: 24 lower-case hex digits. */
export const makeProjectId = (): string => randomBytes(12).toString('hex');

/**
 * The SHA-256 of a key. Only this hash is stored, or held in memory after the start. A plain hash is enough, because
 * keys are long and random, and cannot be guessed offline.
 */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** The class in a key's label, in any case, `access` for an Access Key's; `undefined` without one of our labels. */
export const classNamedBy = (key: string): KeyClass | 'access' | undefined =>
  ([...KEY_CLASSES, 'access'] as const).find((keyClass) => key.toLowerCase().startsWith(`${keyClass}_`));
