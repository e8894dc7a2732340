import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { CLIENT_REQUESTS, type ClientRequest, PURCHASES } from './testing/keen-clients.ts';
import { EDGE_REQUESTS } from './testing/keen-edge-requests.ts';
import { KEYS, startServer } from './testing/server.ts';

/** The clock of the server. */
const NOW = Date.parse('2024-05-15T12:00:00Z');
/** The only keys that the PHP client sends. */
const LETTERS_AND_DIGITS = /^[a-z0-9]+$/i;

/** Sends exactly the given headers, Host and Content-Length apart. */
async function send(
  url: string,
  { method, headers, body }: ClientRequest,
  authorization: string | undefined,
): Promise<{ status: number; text: string }> {
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const sent = request(url, { method, headers: { ...headers, ...length, ...(authorization && { authorization }) } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, text: await text(response) };
}

test("requests of Keen's clients in other languages get the answers that these clients expect", async (t) => {
  const { url, ask } = await startServer(t, { now: () => NOW });
  assert.equal((await ask('/events', KEYS.write, { purchases: PURCHASES })).status, 200);

  const make = async (body: object) =>
    ((await (await ask('/keys', KEYS.master, { labelled: false, ...body })).json()) as { key: string }).key;
  const plainKeys = {
    write: await make({ class: 'write' }),
    read: await make({ class: 'read' }),
    master: await make({ class: 'master' }),
  };
  for (const key of Object.values(plainKeys)) assert.match(key, LETTERS_AND_DIGITS);
  const access = await make({ name: 'a client', permitted: ['writes'] });
  assert.match(access, LETTERS_AND_DIGITS);

  for (const given of [...CLIENT_REQUESTS, ...EDGE_REQUESTS]) {
    const keys = { ...(given.client.includes('PHP') ? plainKeys : KEYS), access };
    const path = given.path.replace('WRITE', keys.write).replace('READ', keys.read).replace('ACCESS', access);
    const { status, text: answer } = await send(`${url}/3.0${path}`, given, given.key && keys[given.key]);
    const name = `${given.client}: ${given.call}`;
    assert.equal(status, given.status, `${name}: ${answer.slice(0, 300)}`);
    if (given.answer instanceof RegExp) assert.match(answer, given.answer, name);
    else assert.deepEqual(JSON.parse(answer), given.answer, name);
  }

  // Everything that a client recorded and did not delete is there.
  const counts: Record<string, number> = {
    python: 3,
    'python two': 1,
    ruby: 0,
    java: 1,
    'java clicks': 10_000,
    'java views': 10_000,
    dotnet: 3,
    php: 3,
    perl: 1,
    go: 2,
    node: 0,
    js: 2,
    access: 1,
    scripts: 5,
    deep: 3,
  };
  for (const [event_collection, result] of Object.entries(counts))
    assert.equal(
      ((await (await ask('/queries/count', KEYS.read, { event_collection })).json()) as { result: number }).result,
      result,
      event_collection,
    );
});
