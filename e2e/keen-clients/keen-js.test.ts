// keen-js 3.5.0 in Node. Its builds for browsers are in specs/keen-js.spec.ts.
import assert from 'node:assert/strict';
import type { Collector } from '../fixtures/collector.ts';
import { ANALYSES } from './analyses.ts';
import { clientTest, own, record, resultOf } from './client-test.ts';
import { requireClient } from './install.ts';

function connect({ url, projectId, keys }: Collector) {
  const Keen = requireClient('keen-js');
  const host = `${new URL(url).host}/3.0`;
  const settings = { projectId, writeKey: keys.write, readKey: keys.read, masterKey: keys.master };
  return { Keen, client: new Keen({ ...settings, host, protocol: 'http' }) };
}

clientTest('keen-js in Node records events, one by one and in bulk', async (collector) => {
  const { client } = connect(collector);
  client.setGlobalProperties((collection: string) => ({ from: collection }));
  const event = { item: 'Zoë’s pen', keen: { timestamp: '2024-05-14T12:00:00+02:00' } };
  assert.deepEqual(await resultOf((cb) => client.addEvent('a collection', event, cb)), { created: true });
  client.setGlobalProperties(() => ({}));
  client.config.globalProperties = null;
  const bulk = { 'a collection': [{ n: 1 }, { n: 2 }], other: [{ n: 3 }] };
  assert.deepEqual(await resultOf((cb) => client.addEvents(bulk, cb)), {
    'a collection': [{ success: true }, { success: true }],
    other: [{ success: true }],
  });
  const stored = await collector.events('a collection');
  assert.deepEqual(own(stored), [{ from: 'a collection', item: 'Zoë’s pen' }, { n: 1 }, { n: 2 }]);
  assert.equal(stored[0]!.keen.timestamp, '2024-05-14T10:00:00.000Z');
  assert.deepEqual(own(await collector.events('other')), [{ n: 3 }]);
  await assert.rejects(
    resultOf((cb) => client.addEvent('refused', { 'a.b': 1 }, cb)),
    /property name/,
  );
});

clientTest('keen-js in Node runs queries of every type', async (collector) => {
  const { Keen, client } = connect(collector);
  for (const { name, type, parameters, result } of structuredClone(ANALYSES)) {
    const answer = await resultOf((cb) => client.run(new Keen.Query(type, parameters), cb));
    assert.deepEqual(answer.result, result, name);
  }
  // It adds the time zone of the machine to a query without one.
  const local = new Keen.Query('count', { eventCollection: 'purchases' }).addFilter('n', 'gt', 1);
  const funnel = new Keen.Query('funnel', {
    steps: [{ eventCollection: 'purchases', actorProperty: 'user.id', withActors: true }],
  });
  const [count, { result, actors }] = await resultOf((cb) => client.run([local, funnel], cb));
  assert.deepEqual([count, result, actors], [{ result: 3 }, [3], [['ada', 'bob', 'cy']]]);
});

clientTest('keen-js in Node sends requests of every method', async (collector) => {
  await record(collector, { things: [{ n: 1 }] });
  const { client } = connect(collector);
  const { read, master } = collector.keys;
  const url = (path: string) => client.url(path);
  const things = await resultOf((cb) => client.get(url('/events/things'), {}, read, cb));
  assert.deepEqual([things.name, things.properties.n], ['things', 'num']);
  const got = await resultOf((cb) => client.get(url('/queries/count'), { event_collection: 'things' }, read, cb));
  const posted = await resultOf((cb) => client.post(url('/queries/count'), { event_collection: 'things' }, read, cb));
  assert.deepEqual([got, posted], [{ result: 1 }, { result: 1 }]);
  const key = { name: 'a key', is_active: true, permitted: ['writes'], options: {} };
  const made = await resultOf((cb) => client.post(url('/keys'), key, master, cb));
  assert.deepEqual([made.name, made.permitted, made.is_active], ['a key', ['writes'], true]);
  const revoked = await resultOf((cb) => client.post(url(`/keys/${made.key}/revoke`), {}, master, cb));
  assert.equal(revoked.is_active, false);
  await resultOf((cb) => client.del(url(`/keys/${made.key}`), null, master, cb));
  assert.deepEqual(await resultOf((cb) => client.get(url('/keys'), {}, master, cb)), []);
  await resultOf((cb) => client.del(url('/events/things'), null, master, cb));
  assert.equal(await collector.count('things'), 0);
});

clientTest('keen-js in Node is told that saved queries are not there', async (collector) => {
  const { Keen, client } = connect(collector);
  const missing = { code: 'ResourceNotFoundError', message: /no such route/ };
  for (const query of ['a-query', new Keen.Query('saved', { queryName: 'a-query' })])
    await assert.rejects(
      resultOf((cb) => client.run(query, cb)),
      missing,
    );
  const saved = client.savedQueries();
  const query = { query: { analysis_type: 'count', event_collection: 'purchases' } };
  await assert.rejects(
    resultOf((cb) => saved.all(cb)),
    missing,
  );
  await assert.rejects(
    resultOf((cb) => saved.get('a-query', cb)),
    missing,
  );
  await assert.rejects(
    resultOf((cb) => saved.create('a-query', query, cb)),
    missing,
  );
  await assert.rejects(
    resultOf((cb) => saved.destroy('a-query', cb)),
    missing,
  );
});
