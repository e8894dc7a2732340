import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keen's three classes of key: Write records, Read queries, Master does both. */
export const KEY_CLASSES = ['write', 'read', 'master'] as const;
export type KeyClass = (typeof KEY_CLASSES)[number];

/** SHA-256 of each key: all that is ever stored or held in memory after the start. */
export type KeyHashes = Record<KeyClass, Buffer>;

/** A labelled key with 192 random bits, such as `write_5f…`. */
export const makeKey = (of: KeyClass): string => `${of}_${randomBytes(24).toString('hex')}`;

/** A project id of Keen's shape: 24 lower-case hex digits. */
export const makeProjectId = (): string => randomBytes(12).toString('hex');

/** A plain hash is enough: keys are long and random, so there is nothing to guess offline. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** The class that a key's own label claims, if it has one of ours. */
export const classNamedBy = (key: string): KeyClass | undefined =>
  KEY_CLASSES.find((of) => key.toLowerCase().startsWith(`${of}_`));

/**
 * Which class a presented key really has. Every hash is compared in full, whatever came before,
 * so that the time taken says nothing about which class matched or how closely.
 */
export function classOf(key: string, hashes: KeyHashes): KeyClass | undefined {
  const presented = hashKey(key);
  const matching = KEY_CLASSES.filter((of) => timingSafeEqual(presented, hashes[of]));
  return matching[0];
}
