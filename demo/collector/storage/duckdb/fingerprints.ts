import * as crypto from 'node:crypto';

/**
 * A set of fingerprints, which are 52-bit numbers. It takes 6 or 7 bytes per fingerprint if it holds millions; a `Set`
 * of the tokens themselves would take twenty times as much, too much for the tens of millions of tokens of 31 days.
 */
export interface FingerprintSet {
  add(fingerprint: number): void;
  /** Wrong about once in many millions of calls: two fingerprints can share their stored bits. */
  has(fingerprint: number): boolean;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** The highest number of each fingerprint. It takes 8 to 11 bytes per fingerprint if it holds millions. */
export interface HighestNumbers {
  /**
   * Records a number, unless a higher one is recorded.
   * @param number from 1 to 65,535
   */
  raise(fingerprint: number, number: number): void;
  /** Returns 0 for an unknown fingerprint; rarely, the number of another one with the same stored bits. */
  get(fingerprint: number): number;
  /** Bytes of memory. */
  readonly bytes: number;
}

/**
 * A hash table. The upper 20 bits of a fingerprint choose its slot, the lower 32 are stored there; 0 marks a free slot.
 */
interface Table {
  slots: Uint32Array;
  /** The number of each slot; empty in a set. */
  numbers: Uint16Array;
  size: number;
}

const INITIAL_SLOTS = 2 ** 14;
/**
 * Larger tables would stay emptier, smaller ones mean more tables per lookup: ten million fingerprints take ten tables.
 */
const MAX_SLOTS = 2 ** 21;
const GROWTH_FACTOR = 4;
const MAX_LOAD_FACTOR = 0.75;

/** Open addressing with linear probing: the index of the fingerprint's slot, or of the free slot for it. */
function findSlot({ slots }: Table, fingerprint: number): number {
  const bits = storedBits(fingerprint);
  let slot = Math.floor((Math.floor(fingerprint / 2 ** 32) / 2 ** 20) * slots.length);
  while (slots[slot] !== bits && slots[slot]) slot = slot + 1 === slots.length ? 0 : slot + 1;
  return slot;
}

/** Zero marks a free slot, so it is stored as one. */
const storedBits = (fingerprint: number) => fingerprint >>> 0 || 1;

/** Adds the fingerprint unless the table has it, and returns its slot. */
function insert(table: Table, fingerprint: number): number {
  const slot = findSlot(table, fingerprint);
  if (!table.slots[slot]) table.size++;
  table.slots[slot] = storedBits(fingerprint);
  return slot;
}

interface Tables {
  /** The table that has the fingerprint. */
  find(fingerprint: number): Table | undefined;
  /** A table with a free slot. */
  withFreeSlot(): Table;
  bytes(): number;
}

/**
 * A full table stays as it is, and a new one takes further entries. A table that grew would block all requests while
 * its entries move. It would also need up to three times its memory until the garbage collector frees the old one.
 */
function createTables({ numbered }: { numbered: boolean }): Tables {
  const tables: Table[] = [];
  return {
    find: (fingerprint) => tables.find((table) => table.slots[findSlot(table, fingerprint)]),
    withFreeSlot() {
      const last = tables.at(-1);
      if (last && last.size < last.slots.length * MAX_LOAD_FACTOR) return last;
      const slots = last ? Math.min(GROWTH_FACTOR * last.slots.length, MAX_SLOTS) : INITIAL_SLOTS;
      const table = { slots: new Uint32Array(slots), numbers: new Uint16Array(numbered ? slots : 0), size: 0 };
      tables.push(table);
      return table;
    },
    bytes: () => tables.reduce((sum, { slots, numbers }) => sum + slots.byteLength + numbers.byteLength, 0),
  };
}

export function createFingerprintSet(): FingerprintSet {
  const tables = createTables({ numbered: false });
  return {
    add: (fingerprint) => void insert(tables.withFreeSlot(), fingerprint),
    has: (fingerprint) => tables.find(fingerprint) !== undefined,
    get bytes() {
      return tables.bytes();
    },
  };
}

export function createHighestNumbers(): HighestNumbers {
  const tables = createTables({ numbered: true });
  return {
    raise(fingerprint, number) {
      const table = tables.find(fingerprint) ?? tables.withFreeSlot();
      const slot = insert(table, fingerprint);
      if (table.numbers[slot]! < number) table.numbers[slot] = number;
    },
    get(fingerprint) {
      const table = tables.find(fingerprint);
      return table ? table.numbers[findSlot(table, fingerprint)]! : 0;
    },
    get bytes() {
      return tables.bytes();
    },
  };
}

/** `crypto.hash` takes a sixth of the time of `createHash`; Node has it from 20.12 on. */
const md5: (text: string) => string =
  'hash' in crypto
    ? (text) => crypto.hash('md5', text, 'hex')
    : (text) => crypto.createHash('md5').update(text).digest('hex');

/**
 * The first 52 bits of a text's MD5, which the database can compute too. MD5 need not be secure here: before an event
 * counts as a repeat, its token is looked up in the database.
 */
export const fingerprintOf = (text: string): number => parseInt(md5(text).slice(0, 13), 16);

/** SQL for the fingerprint of a text expression, as a DOUBLE, which holds 52 bits exactly. */
export const fingerprintSql = (expression: string): string => `('0x' || left(md5(${expression}), 13))::BIGINT::DOUBLE`;
