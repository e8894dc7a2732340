import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/folder.ts';
import { makeMmdb } from '../testing/mmdb.ts';
import { startProcess } from '../testing/process.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

type Stored = Record<string, unknown> & { keen: Record<string, unknown> };

const geo = { name: 'keen:ip_to_geo', input: { ip: 'ip' }, output: 'geo' };
const NO_DATABASE = 'keen:ip_to_geo: this collector has no GeoIP database';

test('the errors of add-ons are in the answer and in the stored event', async (t) => {
  const { ask } = await startServer(t);
  const event = (addons: object[]) => ({ ip: '${keen.ip}', browser: '${keen.user_agent}', keen: { addons } });
  const single = await ask('/events/things', KEYS.write, event([geo]), { 'user-agent': 'the browser' });
  assert.equal(single.status, 201);
  assert.deepEqual(await single.json(), { created: true, addon_errors: [NO_DATABASE] });
  const bulk = await ask('/events', KEYS.write, {
    things: [event([]), event([geo]), event([{ ...geo, output: 'keen' }])],
  });
  const { things } = (await bulk.json()) as { things: { error?: { name: string } }[] };
  assert.deepEqual(things.slice(0, 2), [{ success: true }, { success: true, addon_errors: [NO_DATABASE] }]);
  assert.equal(things[2]!.error!.name, 'InvalidPropertyValueError');

  const filters = encodeURIComponent(
    JSON.stringify([{ property_name: 'keen.addon_errors', operator: 'exists', property_value: true }]),
  );
  const { result } = (await (
    await ask(`/queries/extraction?event_collection=things&filters=${filters}`, KEYS.read)
  ).json()) as { result: Stored[] };
  assert.deepEqual(
    result.map(({ keen }) => keen.addon_errors),
    [[NO_DATABASE], [NO_DATABASE]],
  );
  assert.deepEqual([result[0]!.ip, result[0]!.browser], ['127.0.0.1', 'the browser']);
});

test('the output of an add-on is in the schema', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events/things', KEYS.write, {
    at: '2024-05-01',
    keen: { addons: [{ name: 'keen:date_time_parser', input: { date_time: 'at' }, output: 'time.of.it' }] },
  });
  const { properties } = (await (await ask('/events/things', KEYS.read)).json()) as {
    properties: Record<string, string>;
  };
  assert.deepEqual([properties['time.of.it.week'], properties['time.of.it.day_of_week_string']], ['num', 'string']);
});

test('an extracted event can be recorded again', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events/things', KEYS.write, { a: 1, keen: { addons: [geo] } });
  const extracted = async () =>
    ((await (await ask('/queries/extraction?event_collection=things', KEYS.read)).json()) as { result: Stored[] })
      .result;
  const [first] = await extracted();
  assert.equal((await ask('/events/things', KEYS.write, first)).status, 201);
  const [, second] = await extracted();
  assert.equal('addon_errors' in second!.keen, false, 'no add-on has failed this time');
  assert.equal(second!.keen.timestamp, first!.keen.timestamp);
});

test('a beacon on page leave has its key in the URL and a text/plain body', async (t) => {
  const { url, ask } = await startServer(t);
  const response = await fetch(`${url}/3.0/projects/${PROJECT}/events/things?api_key=${KEYS.write}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://shop.example' },
    body: '{"a": 1}',
  });
  assert.equal(response.status, 201);
  assert.deepEqual(await (await ask('/queries/count?event_collection=things', KEYS.read)).json(), { result: 1 });
});

test('the built collector looks up addresses in the given GeoIP database', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'places.mmdb');
  writeFileSync(file, makeMmdb({ '127.0.0.0/8': { country: { iso_code: 'XX', names: { en: 'Home' } } } }));
  const env = {
    DATA: join(folder, 'events.duckdb'),
    PROJECT_ID: PROJECT,
    WRITE_KEY: KEYS.write,
    READ_KEY: KEYS.read,
    GEOIP_DATABASE: file,
  };
  const { url } = await startProcess(t, env);
  const at = (path: string, key: string, init: RequestInit = {}) =>
    fetch(`${url}/3.0/projects/${PROJECT}${path}`, { ...init, headers: { authorization: key } });
  const event = { ip: '${keen.ip}', keen: { addons: [{ ...geo, input: { ip: 'ip', remove_ip_property: true } }] } };
  assert.deepEqual(
    await (await at('/events/things', KEYS.write, { method: 'POST', body: JSON.stringify(event) })).json(),
    { created: true },
  );
  const { result } = (await (await at('/queries/extraction?event_collection=things', KEYS.read)).json()) as {
    result: Stored[];
  };
  const { keen: _, ...own } = result[0]!;
  assert.deepEqual(own, { geo: { country: 'Home', country_code: 'XX' } });
});
