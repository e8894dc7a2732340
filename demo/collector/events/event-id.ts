import { randomBytes } from 'node:crypto';

const process = randomBytes(5).toString('hex');
let count = randomBytes(3).readUIntBE(0, 3);

/**
 * A new `keen.id` in the form of Keen's own, 24 hex digits: the second, 40 random bits of this process, and a count. Unique, not
 * secret. Ids made together are alike, so the database packs them tightly, and making one takes no system call.
 */
export function makeEventId(now: number): string {
  count = (count + 1) & 0xffffff;
  const second = Math.floor(now / 1000) % 2 ** 32;
  return second.toString(16).padStart(8, '0') + process + count.toString(16).padStart(6, '0');
}
