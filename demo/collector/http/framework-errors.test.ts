// Requests that Node or the framework would answer on its own, in another form than the API's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { until } from '../../../scripts/testing/until.ts';
import { logIn } from '../testing/log-in.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const API = `/3.0/projects/${PROJECT}`;

async function ask(url: string, method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const sent = request(url, { method, path, headers: { authorization: KEYS.master, ...headers } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

test('a long name in a path gets an answer of the API, which does not repeat it', async (t) => {
  const { url, log } = await startServer(t);
  for (const length of [257, 1_000, 10_000, 16_000]) {
    const name = 'x'.repeat(length);
    const cases = [
      ['GET', `/events/${name}`, 404, 'ResourceNotFoundError'],
      ['POST', `/events/${name}`, 400, 'InvalidCollectionNameError'],
      ['GET', `/events/things/properties/${name}`, 404, 'ResourceNotFoundError'],
      ['GET', `/keys/${name}`, 404, 'ResourceNotFoundError'],
      ['DELETE', `/keys/${name}`, 404, 'ResourceNotFoundError'],
    ] as const;
    for (const [method, path, status, code] of cases) {
      const lines = log.length;
      const body = method === 'POST' ? '{"a":1}' : undefined;
      const answer = await ask(url, method, API + path, { 'content-type': 'application/json' }, body);
      const what = `${method} ${path.slice(0, 40)} of ${length}: ${answer.text.slice(0, 200)}`;
      assert.equal(answer.status, status, what);
      assert.equal((JSON.parse(answer.text) as { error_code: string }).error_code, code, what);
      assert.ok(!answer.text.includes(name), what);
      assert.equal(answer.headers['access-control-allow-origin'], '*', what);
      await until('a line in the log', () => log.length > lines);
    }
  }
  // Longer than a URL may be, so the limit of the URL is named.
  const answer = await ask(url, 'GET', `${API}/keys/${'x'.repeat(20_000)}`);
  assert.deepEqual(
    [answer.status, (JSON.parse(answer.text) as { error_code: string }).error_code],
    [414, 'URITooLongError'],
  );
});

test('a long name of a property can be asked for and deleted', async (t) => {
  const { url, ask: askApi } = await startServer(t);
  const [outer, inner] = ['o'.repeat(200), 'i'.repeat(200)];
  assert.equal((await askApi('/events/things', KEYS.write, { [outer]: { [inner]: 1 }, a: 1 })).status, 201);
  const path = `${API}/events/things/properties/${outer}.${inner}`;
  assert.equal((await ask(url, 'GET', path)).status, 200);
  assert.equal((await ask(url, 'DELETE', path)).status, 204);
  assert.equal((await ask(url, 'GET', path)).status, 404);
});

test('a HEAD that Node rejects gets no body', async (t) => {
  const { url } = await startServer(t);
  // Node's client reports an error if there is one.
  const answer = await ask(url, 'HEAD', `${API}/queries/count?${'x=1&'.repeat(9_000)}`);
  assert.deepEqual([answer.status, answer.text], [431, '']);
  assert.ok(Number(answer.headers['content-length']) > 0);
  assert.match((await ask(url, 'GET', `${API}/queries/count?${'x=1&'.repeat(9_000)}`)).text, /RequestHeadersTooLarge/);
});

test('an unknown expectation is ignored', async (t) => {
  const { url, log } = await startServer(t);
  for (const expect of ['200-ok', 'x', '100-continue, 200-ok']) {
    const lines = log.length;
    const missing = await ask(url, 'GET', '/nowhere', { expect });
    assert.equal(missing.status, 404, expect);
    assert.equal((JSON.parse(missing.text) as { error_code: string }).error_code, 'ResourceNotFoundError');
    assert.equal(missing.headers['access-control-allow-origin'], '*');
    const headers = { expect, 'content-type': 'application/json' };
    assert.equal((await ask(url, 'POST', `${API}/events/things`, headers, '{"a":1}')).status, 201, expect);
    await until('a line in the log for both requests', () => log.length === lines + 2);
  }
});

test('a route that does not exist gets 404 whatever the body holds', async (t) => {
  const { url, refusals } = await startServer(t);
  const bodies: [type: string, body: string][] = [
    // keen-js deletes with an empty body as JSON.
    ['application/json', ''],
    ['application/json', '{'],
    ['application/json', ' '.repeat(2_000_000)],
    ['application/xml', '<a/>'],
    ['text/plain', `${'['.repeat(200)}${']'.repeat(200)}`],
  ];
  const paths = [`${API}/queries/saved/a`, `${API}/datasets/a`, '/3.0/nowhere', '/nowhere'];
  for (const method of ['DELETE', 'PUT', 'POST', 'PATCH'])
    for (const path of paths)
      for (const [type, body] of bodies) {
        const headers = { 'content-type': type, 'content-length': String(body.length), 'content-encoding': 'br' };
        const answer = await ask(url, method, path, headers, body);
        const what = `${method} ${path} with ${type} ${body.slice(0, 10)}: ${answer.text.slice(0, 200)}`;
        assert.equal(answer.status, 404, what);
        assert.equal((JSON.parse(answer.text) as { error_code: string }).error_code, 'ResourceNotFoundError', what);
        assert.equal(answer.headers['access-control-allow-origin'], '*', what);
      }
  assert.deepEqual(new Set((await refusals()).map(({ key }) => key)), new Set(['master']));
});

test('a file that the dashboard does not have gets an answer of the API', async (t) => {
  const { url } = await startServer(t);
  const cookie = await logIn(url);
  for (const path of ['/dashboard/nothing', '/dashboard/a%2F..%2Fb']) {
    const answer = await ask(url, 'GET', path, { cookie });
    assert.equal(answer.status, 404, path);
    assert.equal((JSON.parse(answer.text) as { error_code: string }).error_code, 'ResourceNotFoundError', path);
  }
});
