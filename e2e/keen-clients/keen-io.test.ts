// keen.io 0.1.5: Keen's first client for Node.
import assert from 'node:assert/strict';
import type { Collector } from '../fixtures/collector.ts';
import { ANALYSES } from './analyses.ts';
import { clientTest, own, record, resultOf } from './client-test.ts';
import { requireClient } from './install.ts';

function connect({ url, projectId, keys }: Collector, more: object = {}) {
  const keen = requireClient('keen.io');
  const settings = { projectId, writeKey: keys.write, readKey: keys.read, masterKey: keys.master, baseUrl: `${url}/` };
  return { keen, client: keen.configure({ ...settings, ...more }) };
}

clientTest('keen.io records events, one by one and in bulk', async (collector) => {
  const { client } = connect(collector);
  const addons = [{ name: 'keen:url_parser', input: { url: 'page' }, output: 'parsed' }];
  const page = 'https://shop.example/a?b=1#c';
  const single = { item: 'Zoë’s pen', user: { id: 'ada' }, page, keen: { addons } };
  assert.deepEqual(await resultOf((cb) => client.addEvent('node', single, cb)), { created: true });
  const timestamp = '2024-05-14T10:00:00.000Z';
  assert.deepEqual(
    await resultOf((cb) =>
      client.addEvents({ node: [{ n: 1, keen: { timestamp } }, { n: 2 }], other: [{ n: 3 }] }, cb),
    ),
    { node: [{ success: true }, { success: true }], other: [{ success: true }] },
  );
  assert.deepEqual(
    await resultOf((cb) =>
      client.events.insert(collector.projectId, [{ collection: 'other', data: { n: 4 }, keen: { timestamp } }], cb),
    ),
    { other: [{ success: true }] },
  );
  const parsed = {
    protocol: 'https',
    domain: 'shop.example',
    path: '/a',
    query_string: { b: '1' },
    anchor: 'c',
  };
  const node = await collector.events('node');
  assert.deepEqual(own(node), [{ item: 'Zoë’s pen', user: { id: 'ada' }, page, parsed }, { n: 1 }, { n: 2 }]);
  assert.equal(node[1]!.keen.timestamp, timestamp);
  const other = await collector.events('other');
  assert.deepEqual(own(other), [{ n: 3 }, { n: 4 }]);
  assert.equal(other[1]!.keen.timestamp, timestamp);
});

clientTest('keen.io names the reason of a refused event', async (collector) => {
  const { client } = connect(collector);
  await assert.rejects(
    resultOf((cb) => client.addEvent('refused', { $item: 1 }, cb)),
    { code: 'InvalidPropertyNameError', message: /property name/ },
  );
  const wrong = connect(collector, { writeKey: collector.keys.read }).client;
  await assert.rejects(
    resultOf((cb) => wrong.addEvent('refused', { n: 1 }, cb)),
    { code: 'InvalidApiKeyError' },
  );
  assert.equal(await collector.count('refused'), 0);
});

clientTest('keen.io runs queries of every type', async (collector) => {
  const { keen, client } = connect(collector);
  for (const { name, type, parameters, result } of structuredClone(ANALYSES)) {
    const answer = await resultOf((cb) => client.run(new keen.Query(type, parameters), cb));
    assert.deepEqual(answer.result, result, name);
  }
  const several = ['count', 'extraction'].map((type) => new keen.Query(type, { eventCollection: 'purchases' }));
  const [count, extraction] = await resultOf((cb) => client.run(several, cb));
  assert.deepEqual([count.result, extraction.result.length], [4, 4]);
  const latest = await resultOf((cb) =>
    client.queries.extraction(collector.projectId, 'purchases', { latest: 1, property_names: ['n'] }, cb),
  );
  assert.deepEqual(latest, { result: [{ n: 6 }] });
  const path = '/queries/count';
  const asked = await resultOf((cb) => client.request('get', 'read', path, { event_collection: 'purchases' }, cb));
  assert.deepEqual(asked, { result: 4 });
});

clientTest('keen.io lists, views and removes', async (collector) => {
  await record(collector, { things: [{ n: 1, user: { id: 'ada' } }] });
  const { client } = connect(collector);
  const root = `/3.0/projects/${collector.projectId}`;
  const id = collector.projectId;
  const project = await resultOf((cb) => client.projects.view(id, cb));
  assert.deepEqual([project.id, project.url, project.saved_queries], [id, root, []]);
  assert.deepEqual([project.events_url, project.queries_url], [`${root}/events`, `${root}/queries`]);
  assert.ok(project.events.some(({ name, url }: any) => name === 'things' && url === `${root}/events/things`));
  assert.deepEqual(await resultOf((cb) => client.projects.list(cb)), [project]);
  const collection = await resultOf((cb) => client.collections.view(id, 'things', cb));
  assert.deepEqual([collection.name, collection.url], ['things', `${root}/events/things`]);
  assert.deepEqual([collection.properties.n, collection.properties['user.id']], ['num', 'string']);
  const collections = await resultOf((cb) => client.events.list(id, cb));
  assert.deepEqual(
    collections.find(({ name }: any) => name === 'things'),
    collection,
  );
  const property = await resultOf((cb) => client.properties.view(id, 'things', 'n', cb));
  assert.deepEqual(property, { property_name: 'n', type: 'num', url: `${root}/events/things/properties/n` });

  await resultOf((cb) => client.properties.remove(id, 'things', 'n', cb));
  assert.deepEqual(own(await collector.events('things')), [{ user: { id: 'ada' } }]);
  await resultOf((cb) => client.collections.remove(id, 'things', cb));
  assert.equal(await collector.count('things'), 0);
});

clientTest('keen.io is told what this collector does not have', async (collector) => {
  const { keen, client } = connect(collector);
  for (const path of ['/queries/saved', '/saved_queries/a/result', '/datasets'])
    await assert.rejects(
      resultOf((cb) => client.request('get', 'master', path, {}, cb)),
      { code: 'ResourceNotFoundError' },
      path,
    );
  const scoped = keen.encryptScopedKey('0123456789abcdef0123456789abcdef', { allowed_operations: ['read'] });
  const withScoped = connect(collector, { readKey: scoped }).client;
  const count = new keen.Query('count', { eventCollection: 'purchases' });
  await assert.rejects(
    resultOf((cb) => withScoped.run(count, cb)),
    { code: 'InvalidApiKeyError' },
  );
});
