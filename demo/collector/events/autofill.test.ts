import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';
import { autofill, checkAutofillSize } from './autofill.ts';

const withFill = (fill: Record<string, unknown>) => ({ options: { writes: { autofill: fill } } });

test("the key's values win, and objects are merged at every depth", () => {
  const access = withFill({ customer: { id: 7, address: { city: 'Ulm' } }, plan: { name: 'x' }, tags: ['a'] });
  const event = {
    customer: { id: 8, name: 'Ada', address: { street: 's' } },
    plan: 'free',
    tags: ['b'],
    own: [1],
    keen: { uniqueness_token: 't' },
  };
  assert.deepEqual(autofill(event, access), {
    customer: { id: 7, name: 'Ada', address: { street: 's', city: 'Ulm' } },
    plan: { name: 'x' },
    tags: ['a'],
    own: [1],
    keen: { uniqueness_token: 't' },
  });
  assert.deepEqual(
    event.customer,
    { id: 8, name: 'Ada', address: { street: 's' } },
    'the event itself does not change',
  );
});

test('add-ons of the event run before those of the key', () => {
  const addons = (name: string) => [{ name, input: {}, output: name }];
  const access = withFill({ keen: { addons: addons('key') } });
  assert.deepEqual(autofill({ a: 1, keen: { addons: addons('own'), timestamp: 't' } }, access), {
    a: 1,
    keen: { addons: [...addons('own'), ...addons('key')], timestamp: 't' },
  });
  assert.deepEqual(autofill({ a: 1 }, access), { a: 1, keen: { addons: addons('key') } });
});

test('an invalid event, or one with an invalid "keen", stays unchanged', () => {
  const access = withFill({ a: 1, keen: { addons: [] } });
  for (const event of [null, 1, 'x', [], [{}], { keen: 5 }, { keen: null }])
    assert.equal(autofill(event, access), event);
  const event = { b: 2 };
  assert.equal(autofill(event, { options: {} }), event, 'as does any event without autofill');
});

test('a property can be named __proto__', () => {
  const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;
  const filled = autofill(
    parsed('{"__proto__": {"a": 1}}'),
    withFill(parsed('{"__proto__": {"b": 2}, "c": {"__proto__": 3}}')),
  );
  assert.equal(JSON.stringify(filled), '{"__proto__":{"a":1,"b":2},"c":{"__proto__":3}}');
  assert.equal(({} as { b?: number }).b, undefined);
});

test('autofill must not make a batch larger than its limit', () => {
  const access = withFill({ text: 'x'.repeat(989) }); // 1,000 bytes of JSON
  checkAutofillSize(10, access, 10_000);
  assert.throws(() => checkAutofillSize(11, access, 10_000), { code: 'RequestEntityTooLargeError' });
  checkAutofillSize(1e9, { options: {} }, 1);
});

test('autofill applies to single events and batches of an Access Key', async (t) => {
  const { ask } = await startServer(t);
  const made = await ask('/keys', KEYS.master, {
    name: 'n',
    permitted: ['writes'],
    options: { writes: { autofill: { customer: { id: 7 } } } },
  });
  const { key } = (await made.json()) as { key: string };
  assert.equal((await ask('/events/things', key, { n: 1, customer: { id: 8, name: 'Ada' } })).status, 201);
  assert.equal((await ask('/events', key, { things: [{ n: 2 }, 'no event', { n: 3, $bad: 1 }] })).status, 200);
  assert.equal((await ask('/events/things', KEYS.write, { n: 4 })).status, 201);
  const { result } = (await (await ask('/queries/extraction?event_collection=things', KEYS.read)).json()) as {
    result: { n: number; customer?: object }[];
  };
  assert.deepEqual(
    result.map(({ n, customer }) => [n, customer]),
    [
      [1, { id: 7, name: 'Ada' }],
      [2, { id: 7 }],
      [4, undefined],
    ],
  );
});
