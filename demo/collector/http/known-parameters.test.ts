import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const API = `/3.0/projects/${PROJECT}`;
const DATA = Buffer.from('{"a":1}').toString('base64');

/** A request to each route that reads no parameters, or some; and a misspelt one with the name nearest to it. */
const MISSPELT: [method: string, path: string, answer: RegExp, body?: unknown][] = [
  ['GET', '/health?verbos=1', /"verbos" is no parameter of this route\. There is none\./],
  ['GET', '/metrics?fromat=json', /"fromat" is no parameter/],
  ['GET', '/3.0?verbose=1', /"verbose" is no parameter/],
  ['GET', '/3.0/projects?limit=3', /"limit" is no parameter/],
  ['GET', `${API}?fields=name`, /"fields" is no parameter/],
  ['GET', `${API}/queries?analysis_type=count`, /"analysis_type" is no parameter/],
  ['GET', `${API}/queries/count?event_collection=things&time_frame=today`, /Is it "timeframe"\?/],
  ['GET', `${API}/events?timeframe=today`, /"timeframe" is no parameter/],
  ['GET', `${API}/events/things?filters=[]`, /"filters" is no parameter/],
  ['GET', `${API}/events/things/properties/a?timeframe=today`, /"timeframe" is no parameter/],
  ['GET', `${API}/events/things?data=${DATA}&json=cb`, /"json" is no parameter of an image\. Is it "jsonp"\?/],
  ['POST', `${API}/events?redirect=x`, /"redirect" is no parameter/, { things: [{ a: 1 }] }],
  ['POST', `${API}/events/things?timestamp=x`, /"timestamp" is no parameter/, { a: 1 }],
  ['DELETE', `${API}/events/things?time_frame=today`, /Is it "timeframe"\?/],
  ['DELETE', `${API}/events/things/properties/a?timeframe=today`, /"timeframe" is no parameter/],
  ['GET', `${API}/completeness?timefram=this_1_days`, /Is it "timeframe"\?/],
  ['GET', `${API}/keys?clas=write`, /Is it "class"\?/],
  ['POST', `${API}/keys?class=write`, /"class" is no parameter/, { name: 'n', permitted: [] }],
  ['POST', `${API}/keys`, /"permited" is no parameter of a key\. Is it "permitted"\?/, { name: 'n', permited: [] }],
  ['POST', `${API}/keys`, /"lable" is no parameter of a key/, { class: 'read', lable: false }],
  ['GET', `${API}/keys/ID?class=access`, /"class" is no parameter/],
  ['POST', `${API}/keys/ID?is_active=false`, /"is_active" is no parameter/, { name: 'n' }],
  ['POST', `${API}/keys/ID`, /"isactive" is no parameter of a key\. Is it "is_active"\?/, { isactive: false }],
  ['POST', `${API}/keys/ID/revoke?at=noon`, /"at" is no parameter/],
  ['POST', `${API}/keys/ID/unrevoke?at=noon`, /"at" is no parameter/],
  ['DELETE', `${API}/keys/ID?class=access`, /"class" is no parameter/],
];

async function start(t: TestContext) {
  const { url, ask } = await startServer(t);
  await ask('/events/things', KEYS.write, { a: 1 });
  const made = await ask('/keys', KEYS.master, { name: 'n', permitted: ['writes'] });
  const { id } = (await made.json()) as { id: string };
  const send = (method: string, path: string, body?: unknown, key?: string) =>
    fetch(url + path.replace('ID', id), {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== undefined && { authorization: key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async (path: string) => (await send('GET', path, undefined, KEYS.master)).json() as Promise<unknown>;
  const state = async () => [
    await json(`${API}/queries/count?event_collection=things`),
    await json(`${API}/keys?class=all`),
  ];
  return { send, state };
}

test('every route refuses a parameter that it does not read, and names the nearest one', async (t) => {
  const { send, state } = await start(t);
  const before = await state();
  for (const [method, path, pattern, body] of MISSPELT) {
    const response = await send(method, path, body, KEYS.master);
    const { error_code: code, message } = (await response.json()) as { error_code: string; message: string };
    assert.deepEqual([response.status, code], [400, 'InvalidParameterError'], `${method} ${path}: ${message}`);
    assert.match(message, pattern, `${method} ${path}`);
  }
  assert.deepEqual(await state(), before);
});

test('without a valid key, a route tells nothing about its parameters', async (t) => {
  const { send } = await start(t);
  for (const [method, path, , body] of MISSPELT) {
    if (path.startsWith('/health')) continue;
    assert.equal((await send(method, path, body)).status, 401, `${method} ${path}`);
  }
});

test('the key, and numbers that keep caches from answering, are parameters of every route', async (t) => {
  const { send } = await start(t);
  const key = `api_key=${KEYS.master}&_=1716200000000`;
  const image = `${API}/events/things?${key}&data=${DATA}`;
  const accepted: [number, string, string, unknown?][] = [
    [200, 'GET', '/health?_=1'],
    [200, 'GET', `/metrics?${key}`],
    [200, 'GET', `/3.0?${key}`],
    [200, 'GET', `/3.0/projects?${key}`],
    [200, 'GET', `${API}?${key}`],
    [200, 'GET', `${API}/queries?${key}`],
    [200, 'GET', `${API}/queries/count?${key}&event_collection=things&analysis_type=count`],
    [200, 'POST', `${API}/queries/count?${key}`, { event_collection: 'things' }],
    [200, 'GET', `${API}/events?${key}`],
    [200, 'GET', `${API}/events/things?${key}`],
    [200, 'GET', `${API}/events/things/properties/a?${key}`],
    [200, 'GET', `${image}&modified=1716200000000&c=clv1`],
    [200, 'GET', `${image}&modified=1716200000000&jsonp=cb`],
    [302, 'GET', `${image}&redirect=${encodeURIComponent('https://shop.example/')}&fbclid=appended&utm_source=mail`],
    [201, 'POST', `${API}/events/things?${key}`, { a: 1 }],
    [200, 'POST', `${API}/events?${key}`, { things: [{ a: 1 }] }],
    [200, 'GET', `${API}/completeness?${key}&timeframe=this_1_days&timezone=UTC`],
    [200, 'GET', `${API}/keys?${key}&class=all`],
    [200, 'POST', `${API}/keys/ID/revoke?${key}`],
    [204, 'DELETE', `${API}/keys/ID?${key}`],
    [204, 'DELETE', `${API}/events/things/properties/a?${key}`],
    [204, 'DELETE', `${API}/events/things?${key}`],
  ];
  for (const [status, method, path, body] of accepted) {
    const response = await send(method, path, body);
    assert.equal(response.status, status, `${method} ${path}: ${await response.text()}`);
  }
});

test('an answer about a key can be sent back', async (t) => {
  const { ask } = await startServer(t);
  const made = (await (await ask('/keys', KEYS.master, { name: 'n', permitted: ['writes'] })).json()) as { id: string };
  const response = await ask(`/keys/${made.id}`, KEYS.master, { ...made, name: 'other' });
  assert.deepEqual([response.status, ((await response.json()) as { name: string }).name], [200, 'other']);
});
