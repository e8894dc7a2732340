import { gzipSync } from 'node:zlib';
import { leaveUnread, openIdle, pipeline, sendSlowly } from './sockets.ts';
import type { Attack, HostileRequest, World } from './world.ts';

const GZIP = { 'content-encoding': 'gzip' };
const times = <Item>(count: number, make: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => make(n));
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const bulk = ({ keys }: World, body: Buffer, headers: Record<string, string> = {}): HostileRequest => ({
  method: 'POST',
  path: '/events',
  key: keys.write,
  headers,
  body,
});
const zipped = (world: World, text: Buffer | string) => bulk(world, gzipSync(text), GZIP);
const single = ({ keys }: World, collection: string, event: object): HostileRequest => ({
  method: 'POST',
  path: `/events/${collection}`,
  key: keys.write,
  body: json(event),
});
const query = ({ keys }: World, type: string, parameters: object): HostileRequest => ({
  method: 'POST',
  path: `/queries/${type}`,
  key: keys.read,
  body: json(parameters),
});

/** Events whose URLs have 900 parameters, and 20 add-ons that parse it. */
const urlEvents = (count: number, first: number) => {
  const url = `https://a.example/?${times(900, (n) => `p${n}=1`).join('&')}`;
  const addons = times(20, (n) => ({ name: 'keen:url_parser', input: { url: 'url' }, output: `o${n}` }));
  return json({ urls: times(count, (n) => ({ url: `${url}${first + n}`, keen: { addons } })) });
};

const CONDITION = { property_name: 'a', operator: 'eq', property_value: 1 };
/** A query with a filter `{"operator": "or"}` on so many levels, more than `JSON.stringify` can write. */
const deeplyFiltered = (world: World, levels: number): HostileRequest => ({
  ...query(world, 'count', {}),
  body: Buffer.from(
    `{"event_collection":"${world.views}","filters":[${'{"operator":"or","operands":['.repeat(levels)}${JSON.stringify(CONDITION)}${']}'.repeat(levels)}]}`,
  ),
});

const random = (chars: number) =>
  times(Math.ceil(chars / 11), () => Math.random().toString(36).slice(2, 13).padEnd(11, 'x')).join('');

/** Bodies that need as much work as the limits allow. */
const atTheLimits = (world: World) => [
  zipped(world, `{"big":[{"b":[${'1,'.repeat(449_900)}1]}]}`),
  bulk(world, Buffer.from(`{"big":[{"b":[${'1,'.repeat(999_990)}1]}]}`)),
  bulk(world, Buffer.from(`{"big":[{"b":[${'{"c":1},'.repeat(49_990)}1]}]}`)),
  bulk(world, json({ big: [Object.fromEntries(times(19_990, (n) => [`property ${n}`, n]))] })),
  zipped(world, `{"big":[${'{},'.repeat(199_990)}{}]}`),
  bulk(world, Buffer.from(`{"big":["${'\\u00e4'.repeat(1_600_000)}"]}`)),
  bulk(world, Buffer.from(`{"big":[{"b":${'['.repeat(49_000)}${']'.repeat(49_000)}}]}`)),
  bulk(world, json({ big: times(9_000, (n) => ({ n, text: 'ä'.repeat(400), list: [n, 'x'], deep: { er: { n } } })) })),
  bulk(world, json(Object.fromEntries(times(19_990, (n) => [`c${n}`, [{ n }]])))),
  bulk(world, json({ big: times(90, (n) => ({ n, text: times(90, () => 'x'.repeat(990)) })) })),
];

/** One for each kind of load in the hands of a stranger with the Write key, or of a customer with an Access Key. */
export const ATTACKS: Attack[] = [
  {
    name: 'add-ons: 2,045 URLs of 900 parameters × 20',
    requests: (world) => [bulk(world, gzipSync(urlEvents(2_045, 0)), GZIP)],
  },
  {
    name: 'add-ons: as many as are allowed',
    requests: (world) => times(4, (n) => zipped(world, urlEvents(45, n * 45))),
  },
  {
    name: 'parser: 3.3 million objects in 10 kB of gzip',
    connections: 16,
    requests: (world) => [zipped(world, `{"a":[${'{},'.repeat(3_300_000)}{}]}`)],
    answers: [413, 429, 503],
  },
  { name: 'parser: bodies just below each limit', connections: 8, requests: atTheLimits },
  {
    name: 'gzip: 10 MB of spaces, and of text',
    connections: 16,
    requests: (world) => [
      zipped(world, `{${' '.repeat(9_900_000)}}`),
      zipped(world, `{"a":["${random(900_000).repeat(10)}"]}`),
    ],
  },
  { name: 'slow bodies: 32 that announce 256 MB', start: sendSlowly },
  { name: 'idle: 2,000 connections without a request', start: openIdle },
  {
    name: 'numbers: "Infinity" as coordinates',
    connections: 2,
    requests: (world) => [single(world, world.views, { at: ['Infinity', '0'], price: '1e999' })],
  },
  {
    name: 'autofill: add-ons that remove or forge it',
    requests: (world) =>
      ['remove', 'forge'].map((how) => ({
        method: 'POST',
        path: '/events',
        key: world.accessKey,
        body: json({
          tenants: times(100, () => ({
            tenant: how === 'forge' ? 'c2' : '192.0.2.1',
            url: 'https://c2.example/',
            keen: {
              addons: [
                { name: 'keen:ip_to_geo', input: { ip: 'tenant', remove_ip_property: true }, output: 'place' },
                { name: 'keen:url_parser', input: { url: 'url' }, output: 'tenant' },
              ],
            },
          })),
        }),
      })),
  },
  {
    name: 'delete: filters that select nothing',
    requests: ({ keys, views }) =>
      ['[]', '', 'null', '{}', '%5B%20%5D'].map((filters) => ({
        method: 'DELETE',
        path: `/events/${views}?filters=${filters}`,
        key: keys.master,
      })),
    answers: [400, 429],
  },
  {
    name: 'schema: bulks of 4,900 new collections',
    requests: (world) =>
      times(30, (n) => bulk(world, json(Object.fromEntries(times(4_900, (c) => [`n${n}-${c}`, [{ a: 1 }]]))))),
  },
  {
    name: 'schema: events with 1,000 new properties',
    requests: (world) =>
      times(60, (n) => single(world, `p${n % 5}`, Object.fromEntries(times(990, (p) => [`n${n}-${p}`, p])))),
  },
  {
    name: 'keys: a label that would lie, 1,000 times over',
    connections: 2,
    requests: ({ accessKey, keys }) => [
      {
        method: 'POST',
        path: `/keys/${accessKey}`,
        key: keys.master,
        body: json({ permitted: ['writes', 'queries'] }),
      },
    ],
    answers: [400, 404, 429],
  },
  { name: 'login: 600 guesses in one connection', start: pipeline },
  {
    name: 'refusals: a new reason each time',
    connections: 8,
    requests: ({ keys }) => [
      ...times(400, (n) => ({
        method: 'GET',
        path: `/queries/count?event_collection=a&timeframe=x${n}`,
        key: keys.read,
      })),
      ...times(400, (n) => ({ method: 'DELETE', path: `/events/c${n}`, key: keys.write })),
      ...times(200, (n) => ({ method: 'GET', path: `/none/${n}`, key: `unknown${n}` })),
    ],
  },
  {
    name: 'dashboard: 23 kB events that begin alike',
    requests: (world) =>
      times(20, (n) => single(world, 'alike', { a: 'x'.repeat(400), b: times(23, () => random(990)), n })),
  },
  {
    name: 'pages: numbers that nobody has sent',
    requests: (world) =>
      times(40, (n) =>
        bulk(
          world,
          json({
            pages: times(200, (e) => ({
              a: 1,
              keen: {
                uniqueness_token: `k3g5v1q-${String(n * 1_000 + e).padStart(30, '7')}-${(999_999 - e).toString(36)}`,
              },
            })),
          }),
        ),
      ),
  },
  {
    name: 'bulk: 10,000 events, or 8.4 MB, in one body',
    connections: 4,
    requests: (world) => [
      bulk(
        world,
        json({
          java: times(10_000, (n) => ({
            n,
            url: 'https://a.example/path',
            keen: { timestamp: '2026-01-01T00:00:00Z' },
          })),
        }),
      ),
      bulk(world, json({ large: times(16_000, (n) => ({ n, text: 'x'.repeat(480), list: [1, 2, 3] })) })),
    ],
  },
  {
    name: 'queries: deep filters, 240,000 names to sort by',
    connections: 4,
    requests: (world) => [
      deeplyFiltered(world, 9),
      deeplyFiltered(world, 20_000),
      query(world, 'count', { event_collection: world.views, group_by: 'item', order_by: times(240_000, () => 'x') }),
      query(world, 'count', {
        event_collection: world.views,
        filters: times(50, () => ({ operator: 'or', operands: [CONDITION] })),
      }),
      query(world, 'funnel', {
        steps: times(10, () => ({ event_collection: world.views, actor_property: 'user.id' })),
      }),
      query(world, 'count', {
        event_collection: world.views,
        filters: [{ property_name: 'a', operator: 'in', property_value: times(200_000, (n) => n) }],
      }),
    ],
  },
  {
    name: 'queries: a zone’s slices over 9,999 days',
    connections: 4,
    requests: (world) =>
      ['this_9999_days', 'this_99999_years', 'previous_27_years'].map((timeframe) =>
        query(world, 'count', {
          event_collection: world.views,
          timeframe,
          interval: 'daily',
          timezone: 'Europe/London',
        }),
      ),
  },
  {
    name: 'queries: groups and sorts of everything',
    connections: 8,
    requests: (world) => [
      query(world, 'count_unique', {
        event_collection: world.views,
        target_property: 'keen.id',
        group_by: ['item', 'user.id'],
      }),
      query(world, 'select_unique', { event_collection: world.views, target_property: 'keen.uniqueness_token' }),
      query(world, 'median', {
        event_collection: world.views,
        target_property: 'price',
        group_by: 'page.url',
        interval: 'hourly',
        timeframe: 'this_28_days',
      }),
    ],
  },
  { name: 'queries: extractions that nobody reads', start: leaveUnread },
  {
    name: 'queries: extractions, read as fast as they come',
    connections: 4,
    requests: (world) => [query(world, 'extraction', { event_collection: world.views })],
  },
];
