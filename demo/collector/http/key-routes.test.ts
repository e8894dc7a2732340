import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { checkKey } from '../../../src/key.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

interface KeyAnswer {
  key: string;
  id: string;
  class: string;
  name: string;
  is_active: boolean;
  permitted: string[];
  options: object;
  created_at: string;
}

const FIELDS = {
  name: 'customer 7',
  is_active: true,
  permitted: ['writes', 'queries'],
  options: { queries: { filters: [{ property_name: 'a', operator: 'eq', property_value: 7 }] } },
};
const COUNT = '/queries/count?event_collection=things';

/** A server, and requests with its Master key that check the status. */
async function start(t: TestContext) {
  const server = await startServer(t, { now: () => Date.parse('2026-11-23T12:00:00Z') });
  const send = async (
    method: string,
    path: string,
    status: number,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${server.url}/3.0/projects/${PROJECT}${path}`, {
      method,
      headers: {
        authorization: KEYS.master,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.equal(response.status, status, `${method} ${path}: ${text}`);
    return (text && JSON.parse(text)) as KeyAnswer & { error_code?: string; message?: string };
  };
  const list = async (query = '') => (await send('GET', `/keys${query}`, 200)) as unknown as KeyAnswer[];
  const works = async (key: string) => (await server.ask(COUNT, key)).status === 200;
  return { ...server, send, list, works };
}

test('an Access Key is created, shown once, changed, revoked, made valid again and deleted', async (t) => {
  const { send, list, works } = await start(t);
  const made = await send('POST', '/keys', 201, FIELDS);
  assert.match(made.key, /^access_read_[0-9a-f]{48}$/);
  assert.match(made.id, /^id_[0-9a-f]{16}$/);
  assert.deepEqual(made, {
    ...FIELDS,
    key: made.key,
    id: made.id,
    class: 'access',
    created_at: '2026-11-23T12:00:00.000Z',
  });
  assert.equal(await works(made.key), true);
  assert.equal(await works(made.id), false, 'its id opens nothing');

  // By key or by id, and never with the key in the answer.
  const later = { ...made, key: made.id };
  for (const name of [made.key, made.id]) assert.deepEqual(await send('GET', `/keys/${name}`, 200), later);
  assert.deepEqual(await list(), [later]);

  assert.deepEqual(await send('POST', `/keys/${made.key}`, 200, { name: 'other' }), { ...later, name: 'other' });
  assert.deepEqual(await send('POST', `/keys/${made.id}`, 200, { permitted: ['writes', 'schema'], options: {} }), {
    ...later,
    name: 'other',
    permitted: ['writes', 'schema'],
    options: {},
  });
  assert.equal(await works(made.key), false, 'it may no longer query');
  assert.deepEqual(await send('POST', `/keys/${made.id}`, 200, FIELDS), later);

  assert.deepEqual(await send('POST', `/keys/${made.key}/revoke`, 200), { ...later, is_active: false });
  assert.equal(await works(made.key), false);
  assert.deepEqual(await send('POST', `/keys/${made.id}/revoke`, 200), { ...later, is_active: false }, 'twice is once');
  assert.deepEqual(await send('POST', `/keys/${made.id}/unrevoke`, 200), later);
  assert.equal(await works(made.key), true);

  await send('DELETE', `/keys/${made.key}`, 204);
  assert.equal(await works(made.key), false);
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['DELETE', ''],
    ['POST', '/revoke'],
    ['POST', '/unrevoke'],
  ]) {
    assert.equal((await send(method!, `/keys/${made.key}${path}`, 404)).error_code, 'ResourceNotFoundError', method);
  }
  assert.deepEqual(await list(), []);
});

test('the list tells the hashes of keys if it is asked for them, and no other answer does', async (t) => {
  const { send, list, ask } = await start(t);
  const made = await send('POST', '/keys', 201, FIELDS);
  const hashes = (keys: object[]) => keys.map((key) => (key as { sha256?: string }).sha256);
  assert.deepEqual(hashes(await list('?fingerprints=true')), [createHash('sha256').update(made.key).digest('hex')]);
  assert.equal(hashes(await list('?class=all&fingerprints=true')).length, 4);
  for (const query of ['', '?class=all', '?fingerprints=false'])
    for (const hash of hashes(await list(query))) assert.equal(hash, undefined);
  assert.deepEqual(hashes([made, await send('GET', `/keys/${made.id}`, 200)]), [undefined, undefined]);
  assert.match((await send('GET', '/keys?fingerprints=yes', 400)).message!, /"fingerprints" must be true or false/);
  for (const key of [KEYS.read, KEYS.write, made.key])
    assert.notEqual((await ask('/keys?fingerprints=true', key)).status, 200);
});

test("the empty bodies of Keen's clients are accepted", async (t) => {
  const { send } = await start(t);
  const { id } = await send('POST', '/keys', 201, FIELDS);
  for (const body of [undefined, '', '""', '{}', 'no json']) {
    assert.equal((await send('POST', `/keys/${id}/revoke`, 200, body)).is_active, false);
    assert.equal(
      (await send('POST', `/keys/${id}/unrevoke`, 200, body, { 'content-type': 'text/html' })).is_active,
      true,
    );
  }
  await send('DELETE', `/keys/${id}`, 204, undefined, { 'content-type': 'application/json' });
});

test('the routes for keys are for a Master key alone', async (t) => {
  const { send } = await start(t);
  const { key } = await send('POST', '/keys', 201, {
    ...FIELDS,
    permitted: ['writes', 'queries', 'saved_queries', 'cached_queries', 'datasets', 'schema'],
  });
  for (const [method, path] of [
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['GET', `/keys/${key}`],
    ['POST', `/keys/${key}`],
    ['DELETE', `/keys/${key}`],
    ['POST', `/keys/${key}/revoke`],
    ['POST', `/keys/${key}/unrevoke`],
  ]) {
    for (const authorization of [KEYS.write, KEYS.read, key]) {
      assert.equal(
        (await send(method!, path!, 403, undefined, { authorization })).error_code,
        'AdminOnlyEndpointError',
        `${method} ${path}`,
      );
    }
    assert.equal(
      (await send(method!, path!, 401, undefined, { authorization: 'nobody' })).error_code,
      'InvalidApiKeyError',
    );
  }
});

test('an invalid Access Key is refused with the reason', async (t) => {
  const { send, list } = await start(t);
  const options = (value: unknown) => ({ ...FIELDS, options: value });
  const autofill = (value: unknown) => options({ writes: { autofill: value } });
  const table: [unknown, RegExp][] = [
    [[], /JSON object/],
    ['null', /JSON object/],
    ['"x"', /JSON object/],
    [{ ...FIELDS, name: undefined }, /"name"/],
    [{ ...FIELDS, name: ' ' }, /"name"/],
    [{ ...FIELDS, name: 7 }, /"name"/],
    [{ ...FIELDS, name: 'x'.repeat(257) }, /"name"/],
    [{ ...FIELDS, is_active: 'yes' }, /"is_active"/],
    [{ ...FIELDS, is_active: null }, /"is_active"/],
    [{ ...FIELDS, permitted: undefined }, /"permitted".*writes, queries/],
    [{ ...FIELDS, permitted: 'writes' }, /"permitted"/],
    [{ ...FIELDS, permitted: ['master'] }, /"permitted"/],
    [options(null), /"options"/],
    [options([]), /"options"/],
    [options({ write: {} }), /"options" must/],
    [options({ writes: { autofil: {} } }), /"options.writes" must/],
    [options({ writes: [] }), /"options.writes"/],
    [options({ queries: { filter: [] } }), /"options.queries" must/],
    [options({ cached_queries: [] }), /"options.cached_queries"/],
    [autofill({}), /autofill/],
    [autofill([]), /autofill/],
    [autofill({ $a: 1 }), /autofill.*"\$"/],
    [autofill({ a: [{}] }), /autofill/],
    [autofill({ keen: { uniqueness_token: 'x' } }), /addons and location/],
    [autofill({ keen: { timestamp: '2026-01-01T00:00:00Z' } }), /addons and location/],
    [autofill({ a: 'x'.repeat(5_000), b: 'x'.repeat(5_000) }), /10000 bytes/],
    [options({ queries: { filters: null } }), /"options.queries.filters"/],
    [options({ queries: { filters: {} } }), /"options.queries.filters"/],
    [
      options({ queries: { filters: [{ property_name: 'a', operator: 'is', property_value: 1 }] } }),
      /"operator" must be/,
    ],
    [{ class: 'admin' }, /"class"/],
    [{ class: 'write', permitted: ['queries'] }, /write key/],
    [{ class: 'read', options: {} }, /read key/],
    [{ class: 'write', name: 5 }, /"name"/],
  ];
  for (const [body, message] of table) {
    const answer = await send('POST', '/keys', 400, body);
    assert.equal(answer.error_code, 'InvalidParameterError', JSON.stringify(body));
    assert.match(answer.message!, message, JSON.stringify(body));
  }
  await send('POST', '/keys', 413, { ...FIELDS, more: 'x'.repeat(100_000) });
  assert.deepEqual(await list(), []);
  const { id } = await send('POST', '/keys', 201, FIELDS);
  for (const body of [{ permitted: null }, { options: null }, { name: '' }, [], 'null'])
    await send('POST', `/keys/${id}`, 400, body);
  assert.deepEqual((await list())[0]!.options, FIELDS.options);
});

test('every option that Keen documents is stored as sent', async (t) => {
  const { send } = await start(t);
  const options = {
    writes: {
      autofill: {
        customer: { id: '7', name: 'Ada' },
        keen: {
          addons: [{ name: 'keen:ip_to_geo', input: { ip: 'ip' }, output: 'geo' }],
          location: { coordinates: [1, 2] },
        },
      },
    },
    queries: { filters: [{ property_name: 'customer.id', operator: 'in', property_value: ['7', 8, null] }] },
    saved_queries: { allowed: ['a'], blocked: ['b'], filters: [] },
    cached_queries: { allowed: ['a'] },
    datasets: { operations: ['read', 'list'], allowed: { d: { index_by: { 'customer.id': ['7'] } } } },
  };
  const { id } = await send('POST', '/keys', 201, {
    name: 'n',
    permitted: ['datasets', 'datasets', 'schema'],
    options,
    project_id: 'x',
  });
  const { is_active: active, permitted, options: kept } = await send('GET', `/keys/${id}`, 200);
  assert.deepEqual([active, permitted, kept], [true, ['datasets', 'schema'], options]);
});

test('the label of an Access Key tells whether a page may hold it', async (t) => {
  const { send } = await start(t);
  for (const [permitted, label] of [
    [['writes'], 'access_write_'],
    [['writes', 'schema'], 'access_read_'],
    [['queries'], 'access_read_'],
    [[], 'access_write_'],
  ] as const) {
    assert.ok((await send('POST', '/keys', 201, { name: 'n', permitted })).key.startsWith(label), label);
  }
});

test('a key can be made of letters and digits alone, and the tracker still refuses one that may read', async (t) => {
  const { send, works, ask } = await start(t);
  const make = (body: object) => send('POST', '/keys', 201, { labelled: false, ...body });
  const accept = (key: string) => checkKey(key, PROJECT);
  for (const body of [
    { name: 'php', permitted: ['writes'] },
    { class: 'write', name: 'php' },
  ]) {
    const { key } = await make(body);
    assert.match(key, /^[0-9a-f]{48}$/);
    assert.equal(accept(key), key);
    assert.equal((await ask('/events/things', key, { a: 1 })).status, 201);
    assert.equal(await works(key), false);
  }
  for (const body of [
    { name: 'php', permitted: ['writes', 'queries'] },
    { name: 'php', permitted: ['queries'] },
    { class: 'read', name: 'php' },
    { class: 'master', name: 'php' },
  ]) {
    const { key } = await make(body);
    assert.match(key, /^[0-9a-f]{64}$/);
    assert.throws(() => accept(key), { name: 'KeyError' });
    assert.equal(await works(key), true);
  }
  for (const labelled of ['false', 0, null])
    assert.match((await send('POST', '/keys', 400, { ...FIELDS, labelled })).message!, /"labelled"/);
});

test('a second Write key is created, and then the first is revoked', async (t) => {
  const { send, list, ask } = await start(t);
  const [old] = await list('?class=write');
  assert.deepEqual([old!.key, old!.permitted, old!.name], [old!.id, ['writes'], '']);
  const fresh = await send('POST', '/keys', 201, { class: 'write', name: 'November' });
  assert.match(fresh.key, /^write_[0-9a-f]{48}$/);
  const write = async (key: string) => (await ask('/events/things', key, { a: 1 })).status;
  assert.deepEqual([await write(KEYS.write), await write(fresh.key)], [201, 201]);
  // By the key itself, as in Keen's API.
  await send('POST', `/keys/${KEYS.write}/revoke`, 200);
  assert.deepEqual([await write(KEYS.write), await write(fresh.key)], [401, 201]);
  assert.deepEqual((await list('?class=all')).map((key) => `${key.class} ${key.is_active}`).sort(), [
    'master true',
    'read true',
    'write false',
    'write true',
  ]);
  assert.deepEqual((await send('POST', `/keys/${old!.id}`, 200, { is_active: true, name: 'back' })).name, 'back');
  assert.equal(await write(KEYS.write), 201);
  await send('POST', `/keys/${old!.id}`, 400, { permitted: ['queries'] });
  await send('POST', `/keys/${old!.id}`, 400, 'null');
  await send('GET', '/keys?class=nobody', 400);
});

test('the last Master key cannot be revoked', async (t) => {
  const { send } = await start(t);
  for (const [method, path] of [
    ['POST', '/revoke'],
    ['DELETE', ''],
  ])
    assert.equal((await send(method!, `/keys/${KEYS.master}${path}`, 409)).error_code, 'ConflictError');
  const { key } = await send('POST', '/keys', 201, { class: 'master' });
  await send('POST', `/keys/${KEYS.master}/revoke`, 200);
  await send('GET', '/keys', 401);
  await send('GET', '/keys', 200, undefined, { authorization: key });
});

test('concurrent changes of one key all take effect', async (t) => {
  const { send } = await start(t);
  const { id } = await send('POST', '/keys', 201, FIELDS);
  await Promise.all([
    send('POST', `/keys/${id}`, 200, { name: 'a' }),
    send('POST', `/keys/${id}/revoke`, 200),
    send('POST', `/keys/${id}`, 200, { permitted: ['schema'] }),
  ]);
  const { name, is_active: active, permitted } = await send('GET', `/keys/${id}`, 200);
  assert.deepEqual([name, active, permitted], ['a', false, ['schema']]);
});

test('a key that only writes is never permitted to read, because its label says so', async (t) => {
  const { send } = await start(t);
  for (const permitted of [['writes'], []]) {
    const { id, key } = await send('POST', '/keys', 201, { name: 'n', permitted });
    assert.match(key, /^access_write_/);
    for (const wider of [['writes', 'queries'], ['schema'], ['datasets']])
      assert.match((await send('POST', `/keys/${id}`, 400, { permitted: wider })).message!, /only writes/);
    await send('POST', `/keys/${id}`, 200, { permitted: ['writes'] });
    await send('POST', `/keys/${id}`, 200, { permitted: [] });
    await send('POST', `/keys/${id}`, 400, { permitted: ['queries'] });
    assert.deepEqual((await send('GET', `/keys/${id}`, 200)).permitted, []);
  }
  const { id } = await send('POST', '/keys', 201, { name: 'n', permitted: ['queries'] });
  await send('POST', `/keys/${id}`, 200, { permitted: ['writes', 'queries', 'schema'] });
});

test('a name that holds a key is refused, because names are kept', async (t) => {
  const { ask } = await startServer(t);
  const make = (body: object) => ask('/keys', KEYS.master, body);
  const own = ((await (await make({ name: 'n', permitted: ['writes'], labelled: false })).json()) as { key: string })
    .key;
  const { id } = (await (await make({ class: 'read', name: 'n' })).json()) as { id: string };
  for (const secret of [...Object.values(KEYS), own, `access_write_${'5e0f'.repeat(12)}`, 'A1B2'.repeat(16)]) {
    for (const name of [secret, `key (${secret})`, `was:${secret}`]) {
      for (const answer of [
        make({ name, permitted: ['writes'] }),
        make({ class: 'write', name }),
        ask(`/keys/${id}`, KEYS.master, { name }),
      ]) {
        const response = await answer;
        const text = await response.text();
        assert.equal(response.status, 400, text);
        assert.match(text, /"name\\" holds a key/);
        assert.ok(!text.includes(secret));
      }
    }
  }
  assert.ok(!(await (await ask('/keys?class=all', KEYS.master)).text()).includes(own));
  for (const name of ['read_only access', 'customer 5ca1ab1e0ff1ce0ca5e1ab1e', '0123456789abcdef0123456789abcdef'])
    assert.equal((await make({ name, permitted: ['writes'] })).status, 201, name);
});
