import * as crypto from 'node:crypto';

/**
 * A set of fingerprints, which are numbers of 52 bits, in 6 or 7 bytes each where there are millions. Once in many millions of times it says that it has one which it
 * has not. A `Set` of the tokens themselves takes twenty times as much, too much for the tens of millions that 31 days may hold.
 */
export interface Fingerprints {
  add(fingerprint: number): void;
  has(fingerprint: number): boolean;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** The highest number that was noted for a fingerprint, in 8 to 11 bytes for each where there are millions; one in many millions is taken for another. */
export interface Highest {
  /** @param number from 1 to 65,535 */
  raise(fingerprint: number, number: number): void;
  /** 0 where none was noted. */
  of(fingerprint: number): number;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** The upper 20 bits of a fingerprint say where it belongs, the lower 32 are what is kept there; 0 marks a free slot. */
interface Table {
  slots: Uint32Array;
  /** What belongs to each slot, where there is anything. */
  numbers: Uint16Array;
  size: number;
}

const FIRST_SLOTS = 2 ** 14;
/** Larger ones would stand emptier, smaller ones be more to look into: ten million fingerprints take ten. */
const MOST_SLOTS = 2 ** 21;
const GROWTH = 4;
const FULLEST = 0.75;

/**
 * Open addressing: each fingerprint is in the first slot that was free, from its own place on. The slot where it is or, where that is
 * free, would be.
 */
function find({ slots }: Table, fingerprint: number): number {
  const kept = keptOf(fingerprint);
  let slot = Math.floor((Math.floor(fingerprint / 2 ** 32) / 2 ** 20) * slots.length);
  while (slots[slot] !== kept && slots[slot]) slot = slot + 1 === slots.length ? 0 : slot + 1;
  return slot;
}

/** Zero would read as free, so it counts as one. */
const keptOf = (fingerprint: number) => fingerprint >>> 0 || 1;

/** Puts it there, if it is not there yet; its slot. */
function put(table: Table, fingerprint: number): number {
  const slot = find(table, fingerprint);
  if (!table.slots[slot]) table.size++;
  table.slots[slot] = keptOf(fingerprint);
  return slot;
}

/**
 * A table that is full stays as it is, and another one takes what comes next. One that grew would keep every request waiting while its
 * fingerprints move, and leave its old self to the garbage collector: memory of three times what they need.
 */
function openTables(numbered: boolean) {
  const tables: Table[] = [];

  return {
    tableOf: (fingerprint: number): Table | undefined => tables.find((table) => table.slots[find(table, fingerprint)]),
    withRoom(): Table {
      const last = tables.at(-1);
      if (last && last.size < last.slots.length * FULLEST) return last;
      const slots = last ? Math.min(GROWTH * last.slots.length, MOST_SLOTS) : FIRST_SLOTS;
      const table = { slots: new Uint32Array(slots), numbers: new Uint16Array(numbered ? slots : 0), size: 0 };
      tables.push(table);
      return table;
    },
    bytes: () => tables.reduce((sum, { slots, numbers }) => sum + slots.byteLength + numbers.byteLength, 0),
  };
}

export function fingerprints(): Fingerprints {
  const { tableOf, withRoom, bytes } = openTables(false);

  return {
    add: (fingerprint) => void put(withRoom(), fingerprint),
    has: (fingerprint) => tableOf(fingerprint) !== undefined,
    get bytes() {
      return bytes();
    },
  };
}

export function highest(): Highest {
  const { tableOf, withRoom, bytes } = openTables(true);

  return {
    raise(fingerprint, number) {
      const table = tableOf(fingerprint) ?? withRoom();
      const slot = put(table, fingerprint);
      if (table.numbers[slot]! < number) table.numbers[slot] = number;
    },
    of(fingerprint) {
      const table = tableOf(fingerprint);
      return table ? table.numbers[find(table, fingerprint)]! : 0;
    },
    get bytes() {
      return bytes();
    },
  };
}

/** `crypto.hash` takes a sixth of the time; Node 20 has it from 20.12 on. */
const md5: (text: string) => string =
  'hash' in crypto
    ? (text) => crypto.hash('md5', text, 'hex')
    : (text) => crypto.createHash('md5').update(text).digest('hex');

/** The first 52 bits of a text's MD5, which the database can make too. MD5 is only spreading here: a match is looked up before anything is called a repeat. */
export const fingerprintOf = (text: string): number => parseInt(md5(text).slice(0, 13), 16);

/** The same in SQL, of an expression in SQL; a DOUBLE holds 52 bits exactly. */
export const fingerprintIn = (expression: string): string => `('0x' || left(md5(${expression}), 13))::BIGINT::DOUBLE`;
