/** The kinds of keys that a tracker, or a script that tampers with its database, uses: numbers < dates < strings. */
export type Key = number | Date | string;

const rank = (key: Key) => (typeof key === 'number' ? 0 : typeof key === 'string' ? 2 : 1);

export function compareKeys(a: Key, b: Key): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkKey(key: unknown): asserts key is Key {
  const valid =
    typeof key === 'string' ||
    (typeof key === 'number' && !Number.isNaN(key)) ||
    (key instanceof Date && !Number.isNaN(+key));
  if (!valid) throw new DOMException('The parameter is not a valid key.', 'DataError');
}

/** The page's `IDBKeyRange`. */
export class KeyRange {
  lower: Key | undefined;
  upper: Key | undefined;
  lowerOpen: boolean;
  upperOpen: boolean;

  constructor(lower: Key | undefined, upper: Key | undefined, lowerOpen: boolean, upperOpen: boolean) {
    [this.lower, this.upper, this.lowerOpen, this.upperOpen] = [lower, upper, lowerOpen, upperOpen];
  }

  static bound(lower: unknown, upper: unknown, lowerOpen = false, upperOpen = false) {
    checkKey(lower);
    checkKey(upper);
    const order = compareKeys(lower, upper);
    if (order > 0 || (order === 0 && (lowerOpen || upperOpen)))
      throw new DOMException('The range can hold no key.', 'DataError');
    return new KeyRange(lower, upper, lowerOpen, upperOpen);
  }

  static lowerBound(lower: unknown, open = false) {
    checkKey(lower);
    return new KeyRange(lower, undefined, open, true);
  }

  static upperBound(upper: unknown, open = false) {
    checkKey(upper);
    return new KeyRange(undefined, upper, true, open);
  }

  static only(key: unknown) {
    return KeyRange.bound(key, key);
  }

  includes(key: Key): boolean {
    if (this.lower !== undefined) {
      const order = compareKeys(key, this.lower);
      if (order < 0 || (order === 0 && this.lowerOpen)) return false;
    }
    if (this.upper !== undefined) {
      const order = compareKeys(key, this.upper);
      if (order > 0 || (order === 0 && this.upperOpen)) return false;
    }
    return true;
  }
}

/** The argument of an object store's method as a range; undefined stands for every key. */
export function toRange(query: unknown): KeyRange | undefined {
  if (query === undefined || query === null) return undefined;
  return query instanceof KeyRange ? query : KeyRange.only(query);
}
