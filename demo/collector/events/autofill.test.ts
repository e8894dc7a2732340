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

test("no add-on of the sender changes, removes or adds to a forced value, or to an output of the key's add-ons", async (t) => {
  const locate = () => ({ city: 'Ulm' });
  const { ask } = await startServer(t, { locate });
  const keyAddon = { name: 'keen:ip_to_geo', input: { ip: 'from', remove_ip_property: true }, output: 'place.geo' };
  const fill = { tenant: 'c1', from: '${keen.ip}', customer: { id: 7 }, keen: { addons: [keyAddon] } };
  const made = await ask('/keys', KEYS.master, {
    name: 'n',
    permitted: ['writes'],
    options: { writes: { autofill: fill } },
  });
  const { key } = (await made.json()) as { key: string };
  const geo = (ip: string, output: string) => ({
    name: 'keen:ip_to_geo',
    input: { ip, remove_ip_property: true },
    output,
  });
  const url = (output: string) => ({ name: 'keen:url_parser', input: { url: 'url' }, output });
  const attacks: Record<string, unknown>[] = [
    { keen: { addons: [geo('tenant', 'g')] } },
    { keen: { addons: [geo('customer.id', 'g'), geo('customer', 'h'), geo('from', 'tenant')] } },
    {
      url: 'https://a.example/?id=8&city=Bonn',
      keen: { addons: ['tenant', 'customer', 'customer.id', 'from'].map(url) },
    },
    { url: 'https://a.example/?city=Bonn', keen: { addons: ['place', 'place.geo', 'place.geo.city'].map(url) } },
    { place: 'taken', tenant: 'c2', customer: 'c2', from: '203.0.113.9' },
    { place: { geo: { city: 'Bonn', country: 'X' } }, customer: { id: { id: 8 } }, tenant: { a: 1 } },
    { place: { geo: 'taken' }, keen: { addons: null } },
    {
      url: `https://a.example/?${Array.from({ length: 1_200 }, (_, n) => `p${n}`).join('&')}`,
      keen: { addons: [url('u')] },
    },
  ];
  for (const [n, attack] of attacks.entries())
    assert.equal((await ask('/events/things', key, { n, ...attack })).status, 201, `${n}`);
  const { result } = (await (await ask('/queries/extraction?event_collection=things', KEYS.read)).json()) as {
    result: { n: number; tenant: unknown; customer: { id: unknown }; place: { geo: unknown }; from: unknown }[];
  };
  assert.equal(result.length, attacks.length);
  for (const { n, tenant, customer, place, from } of result)
    assert.deepEqual([n, tenant, customer.id, place.geo, from], [n, 'c1', 7, { city: 'Ulm' }, undefined]);
});
