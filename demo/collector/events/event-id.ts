import { randomBytes } from 'node:crypto';

const processId = randomBytes(5).toString('hex');
let count = randomBytes(3).readUIntBE(0, 3);

/**
 * Makes a `keen.id` in Keen's format of 24 hex digits: the second, 40 random bits of this process, and a counter. It is
 * unique but not secret. Consecutive ids are similar, so that the database compresses them well, and need no system
 * call.
 * @param now milliseconds since 1970
 */
export function makeEventId(now: number): string {
  count = (count + 1) & 0xffffff;
  const second = Math.floor(now / 1000) % 2 ** 32;
  return second.toString(16).padStart(8, '0') + processId + count.toString(16).padStart(6, '0');
}
