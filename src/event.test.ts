import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEncoder, timePart } from './event.ts';

const options = { projectId: 'shop', writeKey: 'write_good' };
const parse = (item: ReturnType<ReturnType<typeof createEncoder>>) => JSON.parse(item![2]);

test('an event becomes JSON with its time and its token, which is also its key', () => {
  const before = Date.now();
  const [id, collection, json] = createEncoder(options)('purchases', { item: 'stamp', price: 1.2 })!;
  const event = JSON.parse(json);
  assert.equal(collection, 'purchases');
  assert.deepEqual({ ...event, keen: 0 }, { item: 'stamp', price: 1.2, keen: 0 });
  assert.equal(event.keen.uniqueness_token, id);
  assert.ok(id.length <= 64);
  assert.ok(Date.parse(event.keen.timestamp) >= before && Date.parse(event.keen.timestamp) <= Date.now());
  assert.ok(id >= timePart(before) && id < timePart(Date.now() + 1));
});

test('a later change by the caller changes nothing', () => {
  const event = { item: 'stamp', tags: ['a'] };
  const item = createEncoder(options)('purchases', event);
  event.tags.push('b');
  assert.deepEqual(parse(item).tags, ['a']);
});

test("the caller's own keen properties are kept", () => {
  const keen = {
    timestamp: '2020-02-20T20:20:20.020Z',
    location: { coordinates: [13.4, 52.5] as [number, number] },
    addons: [],
  };
  const make = createEncoder(options);
  const own = parse(make('visits', { page: '/', keen }));
  assert.equal(own.keen.timestamp, keen.timestamp);
  assert.deepEqual(own.keen.location, keen.location);
  assert.deepEqual(own.keen.addons, []);
  assert.match(own.keen.uniqueness_token, /-000000001$/);
  assert.equal(own.page, '/');
  assert.equal(make('visits', { page: '/', keen })![2].match(/"keen"/g)!.length, 1, 'keen stands once');
});

test('ids sort in the order of tracking, also when the clock is set back', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const make = createEncoder(options);
  const ids = [make('a', { n: 1 })![0], make('a', { n: 2 })![0]];
  context.mock.timers.setTime(1_700_000_000_000);
  const back = make('a', { n: 3 })!;
  ids.push(back[0]);
  context.mock.timers.setTime(1_900_000_000_000);
  ids.push(make('a', { n: 4 })![0]);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(parse(back).keen.timestamp, '2023-11-14T22:13:20.000Z', 'the event has the clock’s time all the same');
});

test('counts have no gaps: what is refused or brings its own token uses up none', () => {
  const make = createEncoder(options);
  const tokens: string[] = [];
  for (const [collection, event] of [
    ['visits', { page: 1 }],
    ['$bad', { page: 2 }],
    ['visits', {}],
    ['visits', { page: 3n }],
    ['visits', { page: 4, keen: { uniqueness_token: 'mine' } }],
    ['visits', { page: 5 }],
  ] as [string, object][]) {
    try {
      tokens.push(parse(make(collection, event)).keen.uniqueness_token);
    } catch {
      tokens.push('refused');
    }
  }
  const nonce = tokens[0]!.split('-')[1];
  assert.match(nonce!, /^\d{20,30}$/);
  assert.deepEqual(
    tokens.map((token) => token.replace(/^\w{9}-/, '')),
    [`${nonce}-000000001`, 'refused', 'refused', 'refused', 'mine', `${nonce}-000000002`],
  );
});

test('two page loads never share a nonce, nor two events an id', () => {
  const ids = new Set<string>();
  for (let load = 0; load < 50; load++) {
    const make = createEncoder(options);
    for (let n = 0; n < 20; n++) ids.add(make('a', { n, ...(n % 2 && { keen: { uniqueness_token: 'same' } }) })![0]);
  }
  assert.equal(ids.size, 1000);
});

const circle: Record<string, unknown> = {};
circle.circle = circle;

for (const [what, collection, event] of [
  ['no collection', undefined, { a: 1 }],
  ['a number as collection', 5, { a: 1 }],
  ['an empty collection', '', { a: 1 }],
  ['a collection of 65 characters', 'a'.repeat(65), { a: 1 }],
  ['a collection with a dollar', 'a$b', { a: 1 }],
  ['a collection that starts with _', '_a', { a: 1 }],
  ['a collection that starts with a dot', '.a', { a: 1 }],
  ['a collection that ends with a dot', 'a.', { a: 1 }],
  ['a collection beyond ASCII', 'käufe', { a: 1 }],
  ['no event', 'a', undefined],
  ['null', 'a', null],
  ['a text', 'a', 'stamp'],
  ['a number', 'a', 5],
  ['a list', 'a', [{ a: 1 }]],
  ['a date', 'a', new Date()],
  ['an empty object', 'a', {}],
  ['functions alone', 'a', { f() {} }],
  ['a Map', 'a', new Map([['a', 1]])],
  ['a function', 'a', () => {}],
  ['a cycle', 'a', circle],
  ['a BigInt', 'a', { a: 1n }],
  ['a BigInt inside keen', 'a', { a: 1, keen: { b: 1n } }],
  ['nothing but keen', 'a', { keen: { timestamp: '2020-02-20T20:20:20Z' } }],
  [
    'a getter that throws',
    'a',
    {
      get a() {
        throw new Error('no');
      },
    },
  ],
  ['over 900 kB', 'a', { a: 'x'.repeat(900_001) }],
  ['over 900 kB in UTF-8', 'a', { a: '€'.repeat(300_001) }],
] as [string, any, any][]) {
  test(`refuses ${what}`, () => {
    assert.throws(() => createEncoder(options)(collection, event));
    // With properties to add it would have something to say, but is still no event.
    assert.throws(() => createEncoder({ ...options, extend: { page: '/' } })(collection, event));
  });
}

test('takes an event of just under 900 kB', () => {
  assert.ok(createEncoder(options)('a', { a: 'x'.repeat(899_000) }));
  assert.ok(createEncoder(options)('a', { a: '€'.repeat(299_000) }));
});

test('takes collections of every shape that Keen takes', () => {
  for (const collection of [
    'a',
    'a'.repeat(64),
    'page views',
    'shop.purchases',
    'a_b-c',
    '1',
    'constructor',
    'toString',
  ]) {
    assert.equal(createEncoder(options)(collection, { a: 1 })![1], collection);
  }
});

test('extend adds to every event, and the event’s own properties win', () => {
  assert.deepEqual(
    { ...parse(createEncoder({ ...options, extend: { page: '/', lang: 'en' } })('a', { page: '/x' })), keen: 0 },
    { page: '/x', lang: 'en', keen: 0 },
  );
  const make = createEncoder({ ...options, extend: (collection) => ({ from: collection }) });
  assert.equal(parse(make('visits', { a: 1 })).from, 'visits');
});

test("extend's keen properties stand beside the event's", () => {
  const make = createEncoder({ ...options, extend: { keen: { addons: [], timestamp: 'x' } } });
  const { keen } = parse(make('visits', { a: 1, keen: { timestamp: '2020-02-20T20:20:20Z' } }));
  assert.deepEqual(keen.addons, []);
  assert.equal(keen.timestamp, '2020-02-20T20:20:20Z');
});

test('beforeTrack looks at, changes, replaces or drops an event, never the caller’s own', () => {
  const event = { a: 1, secret: 2 };
  const seen: unknown[] = [];
  const looked = createEncoder({ ...options, beforeTrack: (...all) => void seen.push(...all) })('visits', event);
  assert.deepEqual(seen, [{ a: 1, secret: 2, keen: {} }, 'visits']);
  assert.equal(parse(looked).secret, 2);
  const changed = createEncoder({ ...options, beforeTrack: (copy) => void delete copy.secret })('visits', event);
  assert.equal(parse(changed).secret, undefined);
  assert.equal(event.secret, 2);
  const replaced = createEncoder({ ...options, beforeTrack: () => ({ b: 3 }) })('visits', event);
  assert.deepEqual(Object.keys(parse(replaced)), ['b', 'keen']);
  assert.equal(createEncoder({ ...options, beforeTrack: () => null })('visits', event), undefined);
  assert.equal(createEncoder({ ...options, beforeTrack: () => false })('visits', event), undefined);
});
