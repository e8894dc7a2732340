import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { countBytes, createEncoder as createEncoderWith, type Entry, timePart } from './event.ts';
import type { Hooks } from './types.ts';

const options = { projectId: 'shop', writeKey: 'write_good' };
/** An encoder with these hooks, the options' first. */
const createEncoder = (...hooks: (Hooks & { projectId?: string })[]) => createEncoderWith(() => hooks);
const parse = (entry: Entry | undefined) => JSON.parse(entry![2]);

test('an event becomes JSON with its time and its token, and the id is the token and the size', () => {
  const before = Date.now();
  const [id, collection, json] = createEncoder(options)('purchases', { item: 'stamp', price: 1.2 })!;
  const event = JSON.parse(json);
  assert.equal(collection, 'purchases');
  assert.deepEqual({ ...event, keen: 0 }, { item: 'stamp', price: 1.2, keen: 0 });
  assert.equal(`${event.keen.uniqueness_token}~${json.length}`, id);
  assert.ok(id.length <= 64);
  assert.ok(Date.parse(event.keen.timestamp) >= before && Date.parse(event.keen.timestamp) <= Date.now());
  // The clock of the page and the wall clock can differ by milliseconds.
  assert.ok(id >= timePart(before - 1_000) && id < timePart(Date.now() + 1_000));
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

/** Adds properties to a prototype for one test, as scripts of the page do. */
function pollute(context: TestContext, prototype: object, properties: object) {
  const names = Object.keys(properties);
  const before = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name));
  for (const name of names) {
    const value = properties[name as never];
    Object.defineProperty(prototype, name, { value, configurable: true, enumerable: true, writable: true });
  }
  context.after(() => {
    for (const [index, name] of names.entries()) {
      if (before[index]) Object.defineProperty(prototype, name, before[index]);
      else delete prototype[name as never];
    }
  });
}

const toText = function (this: unknown[]) {
  return `[${Array.from(this, (one) => JSON.stringify(one)).join(', ')}]`;
};
const FOREIGN_TO_JSON: [name: string, prototype: object, toJSON: () => unknown][] = [
  ['Array', Array.prototype, toText as () => string],
  ['Object', Object.prototype, () => '[object Object]'],
  ['String', String.prototype, () => 'text'],
  ['Number', Number.prototype, () => 'number'],
  ['Boolean', Boolean.prototype, () => 'boolean'],
  ['Function', Function.prototype, () => 'function'],
];

for (const [name, prototype, toJSON] of FOREIGN_TO_JSON) {
  for (const [how, more] of [
    ['', {}],
    [' with hooks', { extend: { page: ['/'] }, beforeTrack: () => {} }],
  ] as const) {
    test(`a toJSON of ${name}.prototype does not change an event${how}`, (context) => {
      pollute(context, prototype, { toJSON });
      const keen = { location: { coordinates: [13.4, 52.5] as [number, number] }, addons: [] };
      const event = { tags: ['a', 'b'], inner: { list: [1, [2]], at: new Date(0) }, n: 1, s: 's', b: true, keen };
      const stored = parse(createEncoder({ ...options, ...more })('visits', event));
      assert.deepEqual(stored.tags, ['a', 'b']);
      assert.deepEqual(stored.inner, { list: [1, [2]], at: '1970-01-01T00:00:00.000Z' });
      assert.deepEqual([stored.n, stored.s, stored.b], [1, 's', true]);
      assert.deepEqual(stored.keen.location, keen.location);
      assert.match(stored.keen.uniqueness_token, /-000000001$/);
    });
  }
}

class Purchase {
  item = 'stamp';
  secret = 'private';
  keen = { timestamp: '2001-01-01T00:00:00.000Z' };
  toJSON() {
    return { item: this.item, keen: { timestamp: '2020-02-20T20:20:20.020Z' } };
  }
}

for (const [name, more] of [
  ['no hook', {}],
  ['extend', { extend: { page: '/' } }],
  ['a function as extend', { extend: () => ({ page: '/' }) }],
  ['a class with toJSON as extend', { extend: { secret: 1, toJSON: () => ({ page: '/' }) } }],
  ['beforeTrack', { beforeTrack: () => {} }],
  ['beforeTrack that returns a class with toJSON', { beforeTrack: () => new Purchase() }],
] as [string, object][]) {
  test(`with ${name}, what is stored of a class is what its toJSON returns`, () => {
    const json = createEncoder({ ...options, ...more })('visits', new Purchase())![2];
    const { keen, page, ...event } = JSON.parse(json);
    assert.deepEqual(event, { item: 'stamp' });
    assert.equal(page, name.includes('extend') ? '/' : undefined);
    assert.equal(keen.timestamp, '2020-02-20T20:20:20.020Z');
    assert.match(keen.uniqueness_token, /-000000001$/);
    assert.equal(json.match(/"keen":/g)!.length, 1);
  });
}

test('hooks get a deep copy, so a change to an inner object does not reach the page', () => {
  const event = { inner: { secret: 1 }, gone: undefined, at: new Date(0) };
  const seen: unknown[] = [];
  const beforeTrack = (copy: any) => {
    seen.push(structuredClone(copy));
    delete copy.inner.secret;
  };
  assert.deepEqual(parse(createEncoder({ ...options, beforeTrack })('visits', event)).inner, {});
  assert.deepEqual(event.inner, { secret: 1 });
  assert.deepEqual(seen, [{ inner: { secret: 1 }, at: '1970-01-01T00:00:00.000Z', keen: {} }]);
});

test('a property called keen is found behind any character, and an inner one stays', () => {
  const keen = { timestamp: '2020-02-20T20:20:20.020Z' };
  const [, , json] = createEncoder(options)('visits', { text: '\u2028\n"keen":', inner: { keen: 1 }, keen })!;
  const { keen: stored, ...event } = JSON.parse(json);
  assert.deepEqual(event, { text: '\u2028\n"keen":', inner: { keen: 1 } });
  assert.equal(stored.timestamp, keen.timestamp);
  assert.equal(json.match(/"keen":\{"timestamp"/g)!.length, 1);
});

const WEAK_CHANCE: [name: string, weaken: (context: TestContext) => void][] = [
  ['Math.random() is constant', (context) => void context.mock.method(Math, 'random', () => 0.42)],
  ['crypto is constant', (context) => void context.mock.method(crypto, 'getRandomValues', (array: unknown) => array)],
  [
    'crypto throws',
    (context) => {
      context.mock.method(Math, 'random', () => 0.42);
      context.mock.method(crypto, 'getRandomValues', () => {
        throw new Error('blocked');
      });
    },
  ],
  ['crypto is missing', (context) => void context.mock.getter(globalThis, 'crypto', () => undefined)],
];

for (const [name, weaken] of WEAK_CHANCE) {
  test(`events of one millisecond have different ids and tokens if ${name}`, (context) => {
    weaken(context);
    context.mock.timers.enable({ apis: ['Date'], now: 1_900_000_000_000 });
    const encode = createEncoder(options);
    const own = Array.from({ length: 5 }, (_, n) => encode('a', { n, keen: { uniqueness_token: `own-${n}` } })![0]);
    const others = Array.from({ length: 5 }, (_, n) => encode('a', { n }));
    assert.equal(new Set([...own, ...others.map((entry) => entry![0])]).size, 10);
    const tokens = others.map((entry) => parse(entry).keen.uniqueness_token);
    assert.equal(new Set(tokens).size, 5);
    for (const token of tokens) assert.match(token, /^[0-9a-z]{9}-\d{3,30}-[0-9a-z]{9}$/);
  });
}

test('nothing is asked of the platform before the first event', (context) => {
  const asked = [
    context.mock.method(crypto, 'getRandomValues'),
    context.mock.method(Math, 'random'),
    context.mock.method(performance, 'now'),
    context.mock.method(Date, 'now'),
  ];
  const encode = createEncoder(options);
  assert.deepEqual(
    asked.map(({ mock }) => mock.callCount()),
    [0, 0, 0, 0],
  );
  encode('a', { n: 1 });
  assert.ok(asked[0]!.mock.callCount() > 0);
});

test('an id is never older than its page, also if the clock was set back', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 0 });
  const entry = createEncoder(options)('a', { n: 1 })!;
  assert.ok(entry[0] >= timePart(Math.floor(performance.timeOrigin)), entry[0]);
  assert.equal(parse(entry).keen.timestamp, '1970-01-01T00:00:00.000Z');
});

test('an event needs none of the methods that pages replace', (context) => {
  const broken = () => {
    throw new Error('replaced');
  };
  pollute(context, String.prototype, { match: broken, trim: broken, search: broken });
  assert.ok(createEncoder(options)('visits', { n: 1 }));
});

test('an event needs no TextEncoder, which jsdom lacks', (context) => {
  context.mock.getter(globalThis, 'TextEncoder', () => undefined);
  assert.ok(createEncoder(options)('a', { a: '€'.repeat(299_000) }));
  assert.throws(() => createEncoder(options)('a', { a: '€'.repeat(300_001) }));
  assert.equal(countBytes('a€ü\u{1F600}'), 10);
});

for (const [name, prototype, method] of [
  ['String.prototype.padStart', String.prototype, 'padStart'],
  ['String.prototype.slice', String.prototype, 'slice'],
  ['Number.prototype.toString', Number.prototype, 'toString'],
  ['Array.prototype.join', Array.prototype, 'join'],
] as const) {
  test(`no two events have the same id or token if ${name} always returns the same`, (context) => {
    pollute(context, prototype, { [method]: () => 'always the same' });
    const encode = createEncoder(options);
    const ids: string[] = [];
    let refused = 0;
    for (let n = 0; n < 5; n++) {
      try {
        ids.push(encode('a', { n })![0]);
      } catch {
        refused++;
      }
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(ids.map((id) => id.split('~')[0])).size, ids.length);
    assert.equal(ids.length + refused, 5);
    assert.ok(ids.length);
  });
}
