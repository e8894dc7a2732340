import * as crypto from 'node:crypto';

/**
 * A set of 52-bit numbers in 6 bytes each. Once in many millions of times it says that it has one which it has not. A `Set`
 * of the tokens themselves takes twenty times as much, too much for the tens of millions that 31 days may hold.
 */
export interface Fingerprints {
  add(fingerprint: number): void;
  has(fingerprint: number): boolean;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** The upper 20 bits of a number say where it belongs, the lower 32 are what is kept there; 0 marks a free slot. */
interface Table {
  slots: Uint32Array;
  size: number;
}

const FIRST_SLOTS = 2 ** 14;
/** Larger ones would stand emptier, smaller ones be more to look into: ten million numbers take ten. */
const MOST_SLOTS = 2 ** 21;
const GROWTH = 4;
const FULLEST = 0.75;

/** Open addressing: each number is in the first slot that was free, from its own place on. */
function find({ slots }: Table, place: number, kept: number): number {
  let slot = Math.floor((place / 2 ** 20) * slots.length);
  while (slots[slot] !== kept && slots[slot]) slot = slot + 1 === slots.length ? 0 : slot + 1;
  return slot;
}

/**
 * A table that is full stays as it is, and another one takes what comes next. One that grew would keep every request waiting while its
 * numbers move, and leave its old self to the garbage collector: memory of three times what they need.
 */
export function fingerprints(): Fingerprints {
  const tables: Table[] = [];
  const placeOf = (fingerprint: number) => Math.floor(fingerprint / 2 ** 32);
  // Zero would read as free, so it counts as one.
  const keptOf = (fingerprint: number) => fingerprint >>> 0 || 1;

  function withRoom(): Table {
    const last = tables.at(-1);
    if (last && last.size < last.slots.length * FULLEST) return last;
    const table = { slots: new Uint32Array(last ? Math.min(GROWTH * last.slots.length, MOST_SLOTS) : FIRST_SLOTS), size: 0 };
    tables.push(table);
    return table;
  }

  return {
    add(fingerprint) {
      const table = withRoom();
      const kept = keptOf(fingerprint);
      const slot = find(table, placeOf(fingerprint), kept);
      if (table.slots[slot]) return;
      table.slots[slot] = kept;
      table.size++;
    },
    has(fingerprint) {
      const place = placeOf(fingerprint);
      const kept = keptOf(fingerprint);
      for (const table of tables) if (table.slots[find(table, place, kept)]) return true;
      return false;
    },
    get bytes() {
      return tables.reduce((sum, { slots }) => sum + slots.byteLength, 0);
    },
  };
}

/** `crypto.hash` takes a sixth of the time; Node 20 has it from 20.12 on. */
const md5: (text: string) => string =
  'hash' in crypto ? (text) => crypto.hash('md5', text, 'hex') : (text) => crypto.createHash('md5').update(text).digest('hex');

/**
 * The fingerprint of a token in its collection: the first 52 bits of `md5(collection || chr(0) || token)`, which the database
 * can make too. MD5 is only spreading here: a match is looked up before anything is called a repeat.
 */
export const fingerprintOf = (collection: string, token: string): number => parseInt(md5(`${collection}\0${token}`).slice(0, 13), 16);

/** The same in SQL; a DOUBLE holds 52 bits exactly. */
export const FINGERPRINT = `('0x' || left(md5(collection || chr(0) || token), 13))::BIGINT::DOUBLE`;
