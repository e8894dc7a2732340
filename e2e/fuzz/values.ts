// Odd values, and near misses of valid ones.
import fc, { type Arbitrary } from 'fast-check';

/** Texts that mean something to JSON, SQL, a path, a URL, a regular expression, a prototype or a terminal. */
const ODD_TEXTS = [
  ...['', ' ', '\t\n', '\0', 'a\0b', '\u202eabc', '\ud800', 'x\udc00y', '\ufeff', '😀', '👩‍👩‍👧', 'ﷺ', 'İ', 'ß'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'keen', 'keen.', 'keen.timestamp', 'keen.id'],
  ...['.', '..', 'a.b', 'a..b', '.a', '../../etc', '/', '//', '%', '%00', '%2e', '%zz', '$', '$a', '$.a', '$[*]', '*'],
  ...[
    "' OR 1=1 --",
    "'); DROP TABLE events; --",
    '"',
    '\\',
    '`',
    '{',
    '[',
    '[]',
    '{}',
    '[[',
    '"x"',
    '<b>',
    '${keen.ip}',
  ],
  ...['null', 'true', 'undefined', 'NaN', 'nan', 'Infinity', '-inf', '1e308', '1e999', '0x10', '-0', '1_000', '٣'],
  ...[
    '2024-02-30',
    '9999-12-31T23:59:59.999Z',
    '0000-01-01',
    '+275760-09-13',
    '2024-05-15T24:00',
    '2024-05-15T10:00+99',
  ],
];
const LENGTHS = [63, 64, 65, 255, 256, 257, 1_000, 9_999, 10_000];

export const text: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  // Any UTF-16 code units, so also halves of surrogate pairs.
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
      .map((units) => String.fromCharCode(...units)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...LENGTHS).map((length) => 'x'.repeat(length)) },
);

const number: Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, 1e21, 181),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 400 }),
);

/** Numbers that no JavaScript number stands for. `toText` writes them as they are. */
const RAW = [
  '1e999',
  '-1e999',
  '1E400',
  '123456789012345678901234567890',
  '-0',
  '-0.0',
  '1e-400',
  '0.1000000000000000055',
];
const raw: Arbitrary<string> = fc.constantFrom(...RAW).map((digits) => `raw:${digits}`);

/** JSON of a value, with the numbers of `RAW`. */
export const toText = (value: unknown): string =>
  (JSON.stringify(value) ?? 'undefined').replace(/"raw:([-\d.eE]+)"/g, '$1');

const primitive: Arbitrary<unknown> = fc.oneof(text, number, raw, fc.constantFrom(null, true, false));

const nested: Arbitrary<unknown> = fc
  .tuple(fc.constantFrom(9, 11, 50, 99, 101, 127, 129, 400), fc.boolean(), primitive)
  .map(([levels, isList, inner]) => {
    let value = inner;
    for (let level = 0; level < levels; level++) value = isList ? [value] : { a: value };
    return value;
  });

/** Any JSON. */
export const anything: Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 8, arbitrary: primitive },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 2, arbitrary: fc.dictionary(text, tie('value'), { maxKeys: 4 }) },
    { weight: 1, arbitrary: nested },
  ),
})).value;

type Change = 'replace' | 'remove' | 'rename' | 'list' | 'object' | 'text' | 'repeat';
const CHANGES: Change[] = ['replace', 'replace', 'replace', 'remove', 'rename', 'list', 'object', 'text', 'repeat'];

/** Mostly valid values; others with one place changed, and a few that are anything. */
export const near = <T>(valid: Arbitrary<T>): Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: valid },
    {
      weight: 4,
      arbitrary: fc
        .tuple(valid, fc.nat(40), fc.constantFrom(...CHANGES), anything)
        .map(([value, place, change, other]) => changed(value, place, change, other)),
    },
    { weight: 1, arbitrary: anything },
  );

/** A copy with one change at one of its places, counted from the root in order of appearance. */
export function changed(value: unknown, place: number, change: Change, other: unknown): unknown {
  const places = countPlaces(value);
  let left = place % places;
  const visit = (one: unknown): unknown => {
    if (left-- === 0) return changedValue(one, change, other);
    if (Array.isArray(one)) return one.flatMap((item) => members(left === 0 ? change : undefined, item, visit(item)));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(
      Object.entries(one).flatMap(([name, inner]) => {
        const isHere = left === 0;
        const next = visit(inner);
        if (isHere && change === 'remove') return [];
        return [[isHere && change === 'rename' ? `${name.slice(0, -1)}x` : name, next] as const];
      }),
    );
  };
  return visit(value);
}

const members = (change: Change | undefined, before: unknown, after: unknown): unknown[] =>
  change === 'remove' ? [] : change === 'repeat' ? [before, before] : [after];

function changedValue(value: unknown, change: Change, other: unknown): unknown {
  switch (change) {
    case 'replace':
      return other;
    case 'list':
      return [value];
    case 'object':
      return { a: value };
    case 'text':
      return toText(value);
    default:
      return value;
  }
}

function countPlaces(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce((sum: number, inner) => sum + countPlaces(inner), 0);
}
