import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEncoder as createEncoderWith, type Entry, timePart } from './event.ts';
import type { Hooks } from './types.ts';

const options = { projectId: 'shop', writeKey: 'write_good' };
/** An encoder with these hooks, the options' first. */
const createEncoder = (...hooks: (Hooks & { projectId?: string })[]) => createEncoderWith(() => hooks);
const parse = (entry: Entry | undefined) => JSON.parse(entry![2]);

test('an event becomes JSON with its time and its token, which is also the id of the entry', () => {
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

test('a later change by the caller does not reach the entry', () => {
  const event = { item: 'stamp', tags: ['a'] };
  const entry = createEncoder(options)('purchases', event);
  event.tags.push('b');
  assert.deepEqual(parse(entry).tags, ['a']);
});

test("the caller's own keen properties are kept", () => {
  const keen = {
    timestamp: '2020-02-20T20:20:20.020Z',
    location: { coordinates: [13.4, 52.5] as [number, number] },
    addons: [],
  };
  const encode = createEncoder(options);
  const own = parse(encode('visits', { page: '/', keen }));
  assert.equal(own.keen.timestamp, keen.timestamp);
  assert.deepEqual(own.keen.location, keen.location);
  assert.deepEqual(own.keen.addons, []);
  assert.match(own.keen.uniqueness_token, /-000000001$/);
  assert.equal(own.page, '/');
  assert.equal(encode('visits', { page: '/', keen })![2].match(/"keen"/g)!.length, 1, 'the JSON has one keen property');
});

test('ids sort in the order of tracking, also when the clock is set back', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const encode = createEncoder(options);
  const ids = [encode('a', { n: 1 })![0], encode('a', { n: 2 })![0]];
  context.mock.timers.setTime(1_700_000_000_000);
  const late = encode('a', { n: 3 })!;
  ids.push(late[0]);
  context.mock.timers.setTime(1_900_000_000_000);
  ids.push(encode('a', { n: 4 })![0]);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(parse(late).keen.timestamp, '2023-11-14T22:13:20.000Z', 'the timestamp is the time of the clock');
});

test('counts have no gaps: a refused event or one with its own token uses up no count', () => {
  const encode = createEncoder(options);
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
      tokens.push(parse(encode(collection, event)).keen.uniqueness_token);
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

test('page loads never share a nonce, and events never share an id', () => {
  const ids = new Set<string>();
  for (let load = 0; load < 50; load++) {
    const encode = createEncoder(options);
    for (let n = 0; n < 20; n++) ids.add(encode('a', { n, ...(n % 2 && { keen: { uniqueness_token: 'same' } }) })![0]);
  }
  assert.equal(ids.size, 1000);
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

for (const [name, collection, event] of [
  ['undefined as collection', undefined, { a: 1 }],
  ['a number as collection', 5, { a: 1 }],
  ['an empty collection', '', { a: 1 }],
  ['a collection of 65 characters', 'a'.repeat(65), { a: 1 }],
  ['a collection with a dollar', 'a$b', { a: 1 }],
  ['a collection that starts with _', '_a', { a: 1 }],
  ['a collection that starts with a dot', '.a', { a: 1 }],
  ['a collection that ends with a dot', 'a.', { a: 1 }],
  ['a collection beyond ASCII', 'käufe', { a: 1 }],
  ['undefined as event', 'a', undefined],
  ['null as event', 'a', null],
  ['a string', 'a', 'stamp'],
  ['a number', 'a', 5],
  ['an array', 'a', [{ a: 1 }]],
  ['a date', 'a', new Date()],
  ['an empty object', 'a', {}],
  ['an object with functions only', 'a', { f() {} }],
  ['a Map', 'a', new Map([['a', 1]])],
  ['a function', 'a', () => {}],
  ['a cycle', 'a', cycle],
  ['a BigInt', 'a', { a: 1n }],
  ['a BigInt inside keen', 'a', { a: 1, keen: { b: 1n } }],
  ['an object with keen only', 'a', { keen: { timestamp: '2020-02-20T20:20:20Z' } }],
  [
    'a getter that throws',
    'a',
    {
      get a() {
        throw new Error('no');
      },
    },
  ],
  ['an event over 900 kB', 'a', { a: 'x'.repeat(900_001) }],
  ['an event over 900 kB in UTF-8', 'a', { a: '€'.repeat(300_001) }],
] as [string, any, any][]) {
  test(`refuses ${name}`, () => {
    assert.throws(() => createEncoder(options)(collection, event));
    // The properties of `extend` do not make it an event.
    assert.throws(() => createEncoder({ ...options, extend: { page: '/' } })(collection, event));
  });
}

test('takes an event of just under 900 kB', () => {
  assert.ok(createEncoder(options)('a', { a: 'x'.repeat(899_000) }));
  assert.ok(createEncoder(options)('a', { a: '€'.repeat(299_000) }));
});

test('takes all collection names that Keen takes', () => {
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
  const encode = createEncoder({ ...options, extend: (collection) => ({ from: collection }) });
  assert.equal(parse(encode('visits', { a: 1 })).from, 'visits');
});

test("keen properties of extend are added to the event's own", () => {
  const encode = createEncoder({ ...options, extend: { keen: { addons: [], timestamp: 'x' } } });
  const { keen } = parse(encode('visits', { a: 1, keen: { timestamp: '2020-02-20T20:20:20Z' } }));
  assert.deepEqual(keen.addons, []);
  assert.equal(keen.timestamp, '2020-02-20T20:20:20Z');
});

test('all extends apply, and earlier hooks win over later ones', () => {
  const encode = createEncoder(
    { extend: { a: 'options', b: 'options', keen: { addons: [] } } },
    { extend: (collection) => ({ a: 'first', b: 'first', c: collection, keen: { location: 1, addons: 1 } }) },
    {},
    { extend: { b: 'second', c: 'second', d: 'second', keen: { location: 2 } } },
  );
  const { keen, ...event } = parse(encode('visits', { a: 'own' }));
  assert.deepEqual(event, { a: 'own', b: 'options', c: 'visits', d: 'second' });
  assert.deepEqual([keen.addons, keen.location], [[], 1]);
});

test('each beforeTrack gets what the one before has left, and any can drop the event', () => {
  const seen: unknown[] = [];
  const hooks: Hooks[] = [
    { beforeTrack: (event) => void (event.a = 1), extend: { x: 1 } },
    { beforeTrack: ({ keen: _, ...event }) => ({ ...event, b: 2 }) },
    { beforeTrack: (...all) => void seen.push(...all), extend: { y: 1 } },
  ];
  const { keen: _, ...event } = parse(createEncoder(...hooks)('visits', { n: 0 }));
  assert.deepEqual(event, { n: 0, x: 1, y: 1, a: 1, b: 2 });
  assert.deepEqual(seen, [event, 'visits']);
  for (const index of [0, 1, 2]) {
    const dropping: Hooks[] = hooks.toSpliced(index, 0, { beforeTrack: () => null });
    assert.equal(createEncoder(...dropping)('visits', { n: 0 }), undefined);
    const throwing = hooks.toSpliced(index, 0, {
      beforeTrack() {
        throw new Error('no');
      },
    });
    assert.throws(() => createEncoder(...throwing)('visits', { n: 0 }), /no/);
  }
});

test('beforeTrack can read, change, replace or drop a copy of the event', () => {
  const event = { a: 1, secret: 2 };
  const seen: unknown[] = [];
  const unchanged = createEncoder({ ...options, beforeTrack: (...all) => void seen.push(...all) })('visits', event);
  assert.deepEqual(seen, [{ a: 1, secret: 2, keen: {} }, 'visits']);
  assert.equal(parse(unchanged).secret, 2);
  const changed = createEncoder({ ...options, beforeTrack: (copy) => void delete copy.secret })('visits', event);
  assert.equal(parse(changed).secret, undefined);
  assert.equal(event.secret, 2);
  const replaced = createEncoder({ ...options, beforeTrack: () => ({ b: 3 }) })('visits', event);
  assert.deepEqual(Object.keys(parse(replaced)), ['b', 'keen']);
  assert.equal(createEncoder({ ...options, beforeTrack: () => null })('visits', event), undefined);
  assert.equal(createEncoder({ ...options, beforeTrack: () => false })('visits', event), undefined);
});
