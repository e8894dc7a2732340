import { createHash, randomBytes } from 'node:crypto';

/** Keen's three classes of key: Write records, Read queries, Master does both, and manages keys. */
export const KEY_CLASSES = ['write', 'read', 'master'] as const;
export type KeyClass = (typeof KEY_CLASSES)[number];

/** A labelled key with 192 random bits, such as `write_5f…`. */
export const makeKey = (of: KeyClass): string => `${of}_${randomBytes(24).toString('hex')}`;

/** A project id of Keen's shape: 24 lower-case hex digits. */
export const makeProjectId = (): string => randomBytes(12).toString('hex');

/**
 * SHA-256: all that is ever stored of a key, or held in memory after the start. A plain hash is enough: keys are long and
 * random, so there is nothing to guess offline.
 */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** The class that a key's own label claims, if it has one of ours. */
export const classNamedBy = (key: string): KeyClass | undefined =>
  KEY_CLASSES.find((of) => key.toLowerCase().startsWith(`${of}_`));
