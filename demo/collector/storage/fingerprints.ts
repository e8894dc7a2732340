import * as crypto from 'node:crypto';

/**
 * A set of 48-bit numbers in 8 to 10 bytes each. A `Set` of the tokens themselves takes ten times as much, too much for the
 * tens of millions that 31 days may hold.
 */
export interface Fingerprints {
  add(fingerprint: number): void;
  has(fingerprint: number): boolean;
  readonly size: number;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** One of many small tables: none takes long to grow, where one large table would keep every request waiting for seconds. */
interface Part {
  /** Slot by slot the lower 32 bits and the upper 16; both 0 mark a free slot. */
  lower: Uint32Array;
  upper: Uint16Array;
  size: number;
}

const PARTS = 256;
const FIRST_SLOTS = 16;
const GROWTH = 1.25;
const FULLEST = 0.8;

const emptyPart = (slots: number): Part => ({ lower: new Uint32Array(slots), upper: new Uint16Array(slots), size: 0 });

/** Open addressing: each number is in the first slot that was free, from its own place on. */
function find({ lower, upper }: Part, low: number, high: number): number {
  const slots = lower.length;
  let slot = Math.floor((low / 2 ** 32) * slots);
  while ((lower[slot] !== low || upper[slot] !== high) && (lower[slot] || upper[slot])) slot = slot + 1 === slots ? 0 : slot + 1;
  return slot;
}

function put(part: Part, low: number, high: number): void {
  const slot = find(part, low, high);
  if (part.lower[slot] || part.upper[slot]) return;
  part.lower[slot] = low;
  part.upper[slot] = high;
  part.size++;
}

function grown(part: Part): Part {
  const wider = emptyPart(Math.ceil(part.lower.length * GROWTH));
  part.lower.forEach((low, slot) => {
    const high = part.upper[slot]!;
    if (low || high) put(wider, low, high);
  });
  return wider;
}

export function fingerprints(): Fingerprints {
  const parts = Array.from({ length: PARTS }, () => emptyPart(FIRST_SLOTS));
  // Zero would read as free, so it shares a slot with one; a false match costs one look into the database.
  const lowOf = (fingerprint: number) => fingerprint >>> 0 || Number(fingerprint < 2 ** 32);
  const highOf = (fingerprint: number) => Math.floor(fingerprint / 2 ** 32);

  return {
    add(fingerprint) {
      const high = highOf(fingerprint);
      const at = high % PARTS;
      const part = parts[at]!;
      if (part.size >= part.lower.length * FULLEST) parts[at] = grown(part);
      put(parts[at]!, lowOf(fingerprint), high);
    },
    has(fingerprint) {
      const high = highOf(fingerprint);
      const part = parts[high % PARTS]!;
      const slot = find(part, lowOf(fingerprint), high);
      return part.lower[slot] !== 0 || part.upper[slot] !== 0;
    },
    get size() {
      return parts.reduce((sum, { size }) => sum + size, 0);
    },
    get bytes() {
      return parts.reduce((sum, { lower, upper }) => sum + lower.byteLength + upper.byteLength, 0);
    },
  };
}

/** `crypto.hash` takes a sixth of the time; Node 20 has it from 20.12 on. */
const md5: (text: string) => string =
  'hash' in crypto ? (text) => crypto.hash('md5', text, 'hex') : (text) => crypto.createHash('md5').update(text).digest('hex');

/**
 * The fingerprint of a token in its collection: the first 48 bits of `md5(collection || chr(0) || token)`, which the database
 * can make too. MD5 is only spreading here: a match is looked up before anything is called a repeat.
 */
export const fingerprintOf = (collection: string, token: string): number => parseInt(md5(`${collection}\0${token}`).slice(0, 12), 16);

/** The same in SQL; a DOUBLE holds 48 bits exactly. */
export const FINGERPRINT = `('0x' || left(md5(collection || chr(0) || token), 12))::BIGINT::DOUBLE`;
