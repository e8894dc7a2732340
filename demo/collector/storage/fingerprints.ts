import { createHash } from 'node:crypto';

/**
 * A set of 64-bit numbers in 16 bytes or less each. A `Set` of the tokens themselves takes ten times as
 * much, too much for the tens of millions that 31 days may hold.
 */
export interface Fingerprints {
  add(fingerprint: bigint): void;
  has(fingerprint: bigint): boolean;
  readonly size: number;
}

/** Open addressing: a table of slots, each number in the first free one from its own low bits on; 0 marks a free slot. */
export function fingerprints(): Fingerprints {
  let slots = new BigUint64Array(1 << 12);
  let size = 0;

  /** The slot that holds the number, or the free one where it would go. */
  function find(table: BigUint64Array, fingerprint: bigint): number {
    const mask = table.length - 1;
    let slot = Number(fingerprint & 0xffffffffn) & mask;
    while (table[slot] !== 0n && table[slot] !== fingerprint) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const wider = new BigUint64Array(slots.length * 2);
    for (const fingerprint of slots) if (fingerprint) wider[find(wider, fingerprint)] = fingerprint;
    slots = wider;
  }

  // Zero itself would read as free, so it shares a slot with one; a false match costs one look into the database.
  const usable = (fingerprint: bigint) => fingerprint || 1n;

  return {
    add(fingerprint) {
      if (size * 4 >= slots.length * 3) grow();
      const slot = find(slots, usable(fingerprint));
      if (!slots[slot]) size++;
      slots[slot] = usable(fingerprint);
    },
    has: (fingerprint) => slots[find(slots, usable(fingerprint))] !== 0n,
    get size() {
      return size;
    },
  };
}

/**
 * The fingerprint of a token in its collection, equal to the database's `md5_number_lower(collection || chr(0) || token)`. MD5 is
 * only spreading here: a match is looked up in the database before anything is called a repeat.
 */
export const fingerprintOf = (collection: string, token: string): bigint =>
  createHash('md5').update(`${collection}\0${token}`).digest().readBigUInt64LE(8);
