import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { temporaryFolder } from '../testing/folder.ts';
import { runProcess, startProcess } from '../testing/process.ts';

const PROJECT = 'p';
/** One with the collector's label, two in Keen's formats. */
const KEYS = { WRITE_KEY: `write_${'3f9a'.repeat(12)}`, READ_KEY: 'B7C6'.repeat(48), MASTER_KEY: '5d2e'.repeat(8) };
/** For example of another project. A text that looks like a key is treated as one. */
const UNKNOWN = `read_${'e1c4'.repeat(12)}`;

/** The key in every form in which it could be stored, and parts of it. */
function traces(key: string): string[] {
  const bytes = Buffer.from(key);
  const half = key.slice(0, key.length / 2);
  return [
    half,
    key.slice(half.length),
    bytes.toString('hex'),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(' '.repeat(shift) + key)
        .toString('base64')
        .slice(4, -4),
    ),
  ];
}

/** The names of the places with a trace of a key. */
function leaks(places: Map<string, string>, keys: string[]): string[] {
  const needles = keys.flatMap(traces).map((trace) => trace.toLowerCase());
  return [...places]
    .filter(([, text]) => needles.some((needle) => text.toLowerCase().includes(needle)))
    .map(([place]) => place);
}

/** Every value of every table, because the file itself can have compressed text. */
async function dump(file: string): Promise<string> {
  const database = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await database.connect();
  const tables = (await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()'))
    .getRows()
    .map(([name]) => name as string);
  assert.ok(tables.includes('issued_keys') && tables.includes('refused') && tables.includes('events'));
  const rows = [];
  for (const table of tables)
    rows.push(table, ...(await connection.runAndReadAll(`SELECT * FROM ${table}`)).getRowsJson());
  connection.closeSync();
  database.closeSync();
  return JSON.stringify(rows);
}

test('no operation on keys leaves a key in the database, the log or a later answer', {
  timeout: 120_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'events.duckdb');
  const collector = await startProcess(t, { DATA: data, PROJECT_ID: PROJECT, ...KEYS });
  const api = `/3.0/projects/${PROJECT}`;
  const places = new Map<string, string>();
  let asked = 0;

  /** Sends a request. Its answer is searched for keys at the end. */
  async function ask(
    method: string,
    path: string,
    { key, body, headers = {} }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const response = await fetch(collector.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    places.set(`answer ${++asked}, ${response.status} to ${method}`, JSON.stringify([...response.headers]) + text);
    return text;
  }

  const { MASTER_KEY: key } = KEYS;
  const fields = {
    name: 'customer',
    permitted: ['writes', 'queries', 'schema'],
    options: { writes: { autofill: { a: 1 } } },
  };
  const newKeys: string[] = [];
  for (const body of [
    fields,
    { ...fields, permitted: ['writes'] },
    { class: 'write' },
    { class: 'read' },
    { class: 'master' },
  ]) {
    newKeys.push((JSON.parse(await ask('POST', `${api}/keys`, { key, body })) as { key: string }).key);
    // The only answer that may hold a key.
    assert.deepEqual(leaks(places, [newKeys.at(-1)!]), [`answer ${asked}, 201 to POST`]);
    places.delete(`answer ${asked}, 201 to POST`);
  }
  const keys = [...Object.values(KEYS), ...newKeys];
  const everyone = [...keys, UNKNOWN];

  for (const each of everyone) {
    const parameter = `api_key=${encodeURIComponent(each)}`;
    await ask('POST', `${api}/events/things`, { key: each, body: { n: 1 } });
    await ask('POST', `${api}/events`, {
      key: each,
      body: { things: [{ n: 2 }, { $n: 3 }], others: [each, { [each]: 1, $: each }] },
    });
    await ask('GET', `${api}/events/things?${parameter}&data=${Buffer.from('{"n": 4}').toString('base64')}`);
    await ask('GET', `${api}/events/things?${parameter}&data=${Buffer.from(each).toString('base64')}`);
    await ask('GET', `${api}/queries/count?event_collection=things&${parameter}&timeframe=${each}`);
    await ask('POST', `${api}/queries/extraction`, {
      key: each,
      body: { event_collection: 'things', filters: [{ property_name: each, operator: 'is', property_value: each }] },
    });
    await ask('GET', `${api}/events/${each}`, { key: each });
    await ask('GET', `/3.0/projects/${each}/events`, { key: each });
    await ask('POST', `${api}/events`, { key: each, body: each });
    await ask('POST', `${api}/events`, {
      key: each,
      body: '{}',
      headers: { 'content-type': each.slice(0, 20), 'content-encoding': each },
    });
    await ask('GET', `/${each}/${each}?${each}=${each}`, {
      headers: {
        origin: `https://${each}.example`,
        referer: `https://${each}`,
        'user-agent': each,
        cookie: `x=${each}`,
      },
    });
    await ask('GET', `/dashboard/?token=${each}`);
    await ask('PUT', `${api}/keys/${each}`, { key });
    await ask('GET', `${api}/keys/${each}/what`, { key: each });
    await ask('GET', `${api}/keys/${each}`, { key });
    await ask('POST', `${api}/keys/${each}`, { key, body: { name: 'other', is_active: each } });
    await ask('POST', `${api}/keys/${each}/unrevoke`, { key: each });
  }
  for (const each of keys) if (each !== key) await ask('POST', `${api}/keys/${each}/revoke`, { key });
  for (const each of keys) await ask('POST', `${api}/events/things`, { key: each, body: { n: 5 } });
  await ask('POST', `${api}/keys/${newKeys[0]}/unrevoke`, { key });
  await ask('DELETE', `${api}/keys/${newKeys[1]}`, { key });
  await ask('GET', `${api}/keys?class=all`, { key });
  const rotated = await runProcess(['keys', 'rotate', 'write', '--url', collector.url], {
    DATA: data,
    PROJECT_ID: PROJECT,
    MASTER_KEY: key,
  });
  assert.equal(rotated.code, 0, rotated.stderr);
  keys.push(rotated.stdout.trim());
  places.set('stderr of a rotation', rotated.stderr);

  // The dashboard's data.
  const entered = await fetch(collector.dashboard, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
  for (const path of ['', 'data', 'activity', 'activity/data?limit=1000'])
    await ask('GET', `/dashboard/${path}`, { headers: { cookie } });

  const files = (when: string) => {
    for (const file of readdirSync(folder)) places.set(`${file} ${when}`, readFileSync(join(folder, file), 'latin1'));
  };
  files('while it runs');
  assert.equal(await collector.end('SIGTERM'), 0);
  files('at the end');
  places.set('every table', await dump(data));
  places.set('the log', collector.stderr());
  places.set('stdout', JSON.stringify(collector.stdout));

  assert.ok(collector.stderr().split('\n').length > asked, 'each request has its line');
  assert.match(places.get('every table')!, /The key was revoked/);
  assert.deepEqual(leaks(places, [...keys, UNKNOWN]), []);
  assert.ok(leaks(places, [keys[0]!, 'things']).includes('every table'), 'the search finds a text that is present');
});
