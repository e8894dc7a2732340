import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const ROOT = `/3.0/projects/${PROJECT}`;

test('a Master key finds the project, its collections and its queries, as at Keen', async (t) => {
  const { url, ask } = await startServer(t);
  await ask('/events', KEYS.write, { 'my things': [{ a: 1 }], purchases: [{ b: 1 }] });
  const get = async (path: string) => {
    const response = await fetch(url + path, { headers: { authorization: KEYS.master } });
    assert.equal(response.status, 200, path);
    return (await response.json()) as unknown;
  };
  const project = {
    id: PROJECT,
    name: PROJECT,
    url: ROOT,
    events: [
      { name: 'my things', url: `${ROOT}/events/my%20things` },
      { name: 'purchases', url: `${ROOT}/events/purchases` },
    ],
    events_url: `${ROOT}/events`,
    queries_url: `${ROOT}/queries`,
    saved_queries: [],
  };
  for (const path of ['/3.0', '/3.0/']) assert.deepEqual(await get(path), { projects_resource_url: '/3.0/projects' });
  assert.deepEqual(await get('/3.0/projects'), [project]);
  for (const path of [ROOT, `${ROOT}/`]) assert.deepEqual(await get(path), project);
  for (const { url: collection } of project.events) await get(collection);

  const queries = (await get(`${ROOT}/queries`)) as Record<string, string>;
  assert.deepEqual(
    Object.keys(queries).sort(),
    [
      'average',
      'count',
      'count_unique',
      'extraction',
      'funnel',
      'maximum',
      'median',
      'minimum',
      'multi_analysis',
      'percentile',
      'select_unique',
      'standard_deviation',
      'sum',
    ]
      .map((type) => `${type}_url`)
      .sort(),
  );
  for (const path of Object.values(queries)) {
    // Each has a route, which misses its parameters.
    const { status } = await fetch(url + path, { headers: { authorization: KEYS.master } });
    assert.equal(status, 400, path);
  }
});

test('discovery needs a key, and only the list of queries takes another one than a Master key', async (t) => {
  const { url, refusals } = await startServer(t);
  const status = async (path: string, key?: string, method = 'GET') =>
    (await fetch(url + path, { method, headers: key === undefined ? {} : { authorization: key } })).status;
  for (const path of ['/3.0', '/3.0/projects', ROOT, `${ROOT}/queries`]) {
    assert.equal(await status(path), 401, path);
    assert.equal(await status(path, 'nobody'), 401, path);
    assert.equal(await status(path, KEYS.master, 'HEAD'), 200, path);
  }
  for (const path of ['/3.0', '/3.0/projects', ROOT])
    for (const key of [KEYS.write, KEYS.read]) assert.equal(await status(path, key), 403, path);
  assert.equal(await status(`${ROOT}/queries`, KEYS.read), 200);
  assert.equal(await status(`${ROOT}/queries`, KEYS.write), 401);
  assert.equal(await status('/3.0/projects/another', KEYS.master), 404);
  assert.equal(await status('/3.0/projects/another/queries', KEYS.master), 404);
  assert.equal((await refusals()).length, 17);
});
