// Valid events, batches, and Access Keys.
import fc, { type Arbitrary } from 'fast-check';
import { collection, filters, PROPERTIES, property, timestamp } from './queries.ts';
import { anything, text } from './values.ts';

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('n', 'text', 'mixed', 'list', 'at', 'user', '__proto__', 'a/b~"c', 'ip') },
  { weight: 1, arbitrary: text },
);
const number = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.1, 5e-324, 2 ** 53, 2 ** 63, -(2 ** 63), 1e18, 1e-9),
  fc.double({ min: -(2 ** 63), max: 2 ** 63, noNaN: true }),
);
const leaf: Arbitrary<unknown> = fc.oneof(text, number, timestamp, fc.constantFrom(null, true, false));
const pair = fc.array(fc.oneof(number, fc.constantFrom('Infinity', '-1', 'NaN', null)), { minLength: 2, maxLength: 2 });

const value: Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: leaf },
    { weight: 2, arbitrary: fc.array(leaf, { maxLength: 4 }) },
    { weight: 1, arbitrary: pair },
    { weight: 2, arbitrary: fc.dictionary(name, tie('value'), { maxKeys: 3 }) },
  ),
})).value;

const ADDONS: [name: string, inputs: Record<string, Arbitrary<unknown>>][] = [
  ['keen:ip_to_geo', { ip: property, remove_ip_property: fc.boolean() }],
  ['keen:ua_parser', { ua_string: property }],
  ['keen:url_parser', { url: property }],
  ['keen:referrer_parser', { referrer_url: property, page_url: property }],
  ['keen:date_time_parser', { date_time: property }],
];
const addon = fc.oneof(
  ...ADDONS.map(([addonName, inputs]) =>
    fc.record({
      name: fc.constant(addonName),
      input: fc.record(inputs),
      output: fc.oneof(fc.constantFrom('ip', 'user.deep', 'n.m', 'text', '__proto__.a'), property),
    }),
  ),
);
const keen = fc.record(
  {
    timestamp,
    uniqueness_token: fc.oneof(
      text,
      fc.constantFrom('0lvz8f3k2-111-000000001', '0lvz8f3k2-111-00000zzzz', '0lvz8f3k2-\ud800-000000001'),
    ),
    location: fc.record({ coordinates: fc.constantFrom([0, 0], [180, 90], [-180, -90], [13.4, 52.5], null) }),
    addons: fc.array(addon, { maxLength: 3 }),
    addon_errors: fc.constant(['x']),
    created_at: timestamp,
    id: text,
  },
  { requiredKeys: [] },
);

const SENT = {
  text: fc.constantFrom(
    ...[
      '${keen.ip}',
      '${keen.user_agent}',
      'https://shop.example/a?b=1&c=%zz#d',
      'http://[::1]:99999/',
      'javascript:1',
    ],
    ...['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36', '81.2.69.1', '2001:db8::1', 'a'],
  ),
};

/** An event, as a rule a valid one. */
export const event: Arbitrary<object> = fc
  .tuple(
    fc.record({ n: leaf, text: SENT.text, mixed: value, at: pair, keen }, { requiredKeys: ['n'] }),
    fc.dictionary(name, value, { maxKeys: 3 }),
  )
  .map(([known, others]) => Object.fromEntries([...Object.entries(others), ...Object.entries(known)]));

export const batch: Arbitrary<object> = fc.dictionary(collection, fc.array(event, { maxLength: 4 }), { maxKeys: 3 });

const autofill = fc.record(
  {
    tenant: fc.constantFrom('c1', 1, '${keen.ip}'),
    user: fc.record({ id: leaf }),
    keen: fc.record({ addons: fc.array(addon, { maxLength: 2 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['tenant'] },
);
const permissions = fc.subarray(['writes', 'queries', 'saved_queries', 'cached_queries', 'datasets', 'schema']);

/** The body that creates or changes a key. */
export const accessKey: Arbitrary<object> = fc.oneof(
  fc.record(
    {
      name: fc.constantFrom('customer', 'x'),
      is_active: fc.boolean(),
      permitted: permissions,
      options: fc.record(
        {
          writes: fc.record({ autofill }, { requiredKeys: [] }),
          queries: fc.record({ filters }, { requiredKeys: [] }),
          saved_queries: fc.dictionary(text, anything, { maxKeys: 2 }),
          datasets: fc.constant({ operations: ['read'] }),
        },
        { requiredKeys: [] },
      ),
      labelled: fc.boolean(),
    },
    { requiredKeys: ['name', 'permitted'] },
  ),
  fc.record({ class: fc.constantFrom('write', 'read', 'access'), name: fc.constant('n') }),
);

/** Names in the path of a property. */
export const propertyInPath: Arbitrary<string> = fc.oneof(fc.constantFrom(...PROPERTIES), text);
