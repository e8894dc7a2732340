import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBytes } from './event.ts';
import { checkOptions } from './options.ts';
import { accept, failNetwork, type Reply, restoreKeepalive, stubFetch } from './testing/collector.ts';
import { createDeferred } from './testing/page.ts';
import { keepaliveRoom, post } from './transport.ts';

const ROOM = 65_536;

const makeSettings = (options: object = {}) =>
  checkOptions({ projectId: 'shop', writeKey: 'write_good', endpoint: 'https://collector.example', ...options });

/** A body of exactly so many bytes. */
const makeBody = (bytes: number) => `{"a":["${'x'.repeat(bytes - 10)}"]}`;

const REQUESTS: [options: object, url: string, authorization: string][] = [
  [{}, 'https://collector.example/3.0/projects/shop/events', 'Bearer write_good'],
  [
    { endpoint: 'https://collector.example/' },
    'https://collector.example/3.0/projects/shop/events',
    'Bearer write_good',
  ],
  [
    { endpoint: 'http://localhost:8080/in//' },
    'http://localhost:8080/in/3.0/projects/shop/events',
    'Bearer write_good',
  ],
  [{ endpoint: undefined, projectId: 'a-b.c~' }, 'https://api.keen.io/3.0/projects/a-b.c~/events', 'Bearer write_good'],
  [{ scheme: '' }, 'https://collector.example/3.0/projects/shop/events', 'write_good'],
  [{ scheme: 'Token' }, 'https://collector.example/3.0/projects/shop/events', 'Token write_good'],
];

for (const [options, url, authorization] of REQUESTS) {
  test(`the request for ${JSON.stringify(options)}`, async (context) => {
    await restoreKeepalive(context);
    const requests = stubFetch(context, accept);
    const text = '{"a":[{"text":"€"}]}';
    await post(makeSettings(options), text);
    assert.equal(requests.length, 1);
    const { url: sentUrl, init } = requests[0]!;
    const { signal, body, ...rest } = init;
    assert.equal(sentUrl, url);
    assert.equal(body, text);
    assert.ok(signal instanceof AbortSignal);
    assert.deepEqual(rest, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      keepalive: true,
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
  });
}

test('a request has the key of the moment', async (context) => {
  const requests = stubFetch(context, accept);
  const settings = makeSettings();
  await post(settings, '{}');
  settings.writeKey = 'write_better';
  await post(settings, '{}');
  assert.deepEqual(
    requests.map(({ init }) => init.headers['authorization']),
    ['Bearer write_good', 'Bearer write_better'],
  );
});

test('fetch is called before post returns, because the task can be the last of the page', (context) => {
  const requests = stubFetch(context, accept);
  post(makeSettings(), '{}');
  assert.equal(requests.length, 1);
});

test('a request times out after 30 seconds', async (context) => {
  const timeout = context.mock.method(AbortSignal, 'timeout');
  stubFetch(context, accept);
  await post(makeSettings(), '{}');
  assert.deepEqual(timeout.mock.calls[0]!.arguments, [30_000]);
});

test('a browser without AbortSignal.timeout sends without a signal', async (context) => {
  const { timeout } = AbortSignal;
  Object.assign(AbortSignal, { timeout: undefined });
  context.after(() => Object.assign(AbortSignal, { timeout }));
  const requests = stubFetch(context, accept);
  assert.equal((await post(makeSettings(), '{}')).status, 200);
  assert.equal(requests[0]!.init.signal, undefined);
});

test('an AbortSignal.timeout that throws does not stop sending', async (context) => {
  context.mock.method(AbortSignal, 'timeout', () => {
    throw new Error('broken');
  });
  const requests = stubFetch(context, accept);
  assert.equal((await post(makeSettings(), '{}')).status, 200);
  assert.equal(requests[0]!.init.signal, undefined);
});

test('requests in flight share a keepalive budget of 65,536 bytes, and give it back', async (context) => {
  await restoreKeepalive(context);
  const reply = createDeferred<Reply>();
  const requests = stubFetch(context, () => reply.promise);
  const answers = [40_000, 20_000, 5_537, 5_536, 20].map((bytes) => post(makeSettings(), makeBody(bytes)));
  assert.deepEqual(
    requests.map(({ init }) => init.keepalive),
    [true, true, false, true, false],
  );
  assert.equal(keepaliveRoom, 0);
  reply.resolve({ status: 200, body: {} });
  assert.deepEqual(
    (await Promise.all(answers)).map(({ _keepalive }) => _keepalive),
    [true, true, false, true, false],
  );
  assert.equal(keepaliveRoom, ROOM);
});

test('the keepalive budget counts bytes, not characters', async (context) => {
  await restoreKeepalive(context);
  const requests = stubFetch(context, accept);
  await post(makeSettings(), `{"a":["${'€'.repeat(21_842)}"]}`);
  await post(makeSettings(), `{"a":["${'€'.repeat(21_843)}"]}`);
  assert.deepEqual(
    requests.map(({ init }) => [countBytes(init.body as string), init.keepalive]),
    [
      [ROOM, true],
      [ROOM + 3, false],
    ],
  );
});

test('a network error gives the budget back and turns keepalive off until the next answer', async (context) => {
  await restoreKeepalive(context);
  const { mock } = context.mock.method(globalThis, 'fetch', async () => failNetwork());
  assert.deepEqual(await post(makeSettings(), makeBody(1_000)), { status: 0, _keepalive: true });
  assert.equal(keepaliveRoom, ROOM);
  assert.deepEqual(await post(makeSettings(), makeBody(1_000)), { status: 0, _keepalive: false });
  assert.equal(keepaliveRoom, ROOM);
  mock.restore();
  const requests = stubFetch(context, () => ({ status: 503 }));
  await post(makeSettings(), '{}');
  await post(makeSettings(), '{}');
  assert.deepEqual(
    requests.map(({ init }) => init.keepalive),
    [false, true],
  );
});

const ANSWERS: [name: string, reply: Reply, answer: object][] = [
  ['JSON', { status: 200, body: { a: [{ success: true }] } }, { status: 200, body: { a: [{ success: true }] } }],
  ['null as JSON', { status: 200, body: 'null' }, { status: 200, body: null }],
  ['an HTML page', { status: 200, body: '<!doctype html>' }, { status: 200 }],
  ['half of a JSON text', { status: 200, body: '{"a":[' }, { status: 200 }],
  ['no body', { status: 204 }, { status: 204 }],
  [
    'Retry-After',
    { status: 503, body: { error_code: 'x' }, retryAfter: '7' },
    { status: 503, body: { error_code: 'x' }, _retryAfter: '7' },
  ],
  [
    'Retry-After and an HTML page',
    { status: 429, body: '<p>', retryAfter: 'soon' },
    { status: 429, _retryAfter: 'soon' },
  ],
];

for (const [name, reply, answer] of ANSWERS) {
  test(`resolves with an answer that has ${name}`, async (context) => {
    await restoreKeepalive(context);
    stubFetch(context, () => reply);
    assert.deepEqual(await post(makeSettings(), '{}'), { _retryAfter: null, _keepalive: true, ...answer });
    assert.equal(keepaliveRoom, ROOM);
  });
}

const FAILURES: [name: string, fetch: () => unknown][] = [
  ['a network error', async () => failNetwork()],
  ['a timeout', async () => Promise.reject(new DOMException('timed out', 'TimeoutError'))],
  ['a fetch that throws', () => failNetwork()],
  ['a fetch that another script has replaced with nonsense', async () => undefined],
  ['undefined as reason', async () => Promise.reject(undefined)],
];

for (const [name, fetch] of FAILURES) {
  test(`resolves with status 0 after ${name}`, async (context) => {
    await restoreKeepalive(context);
    context.mock.method(globalThis, 'fetch', fetch);
    assert.deepEqual(await post(makeSettings(), '{}'), { status: 0, _keepalive: true });
    assert.equal(keepaliveRoom, ROOM);
  });
}

test('a connection that breaks in the body leaves the status, without a body', async (context) => {
  const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError('network error')) });
  context.mock.method(globalThis, 'fetch', async () => new Response(broken, { headers: { 'retry-after': '5' } }));
  const { status, body, _retryAfter } = await post(makeSettings(), '{}');
  assert.deepEqual({ status, body, _retryAfter }, { status: 200, body: undefined, _retryAfter: '5' });
});

const MOCKS: [name: string, answer: object, expected: object][] = [
  [
    'ok, status and json only',
    { ok: true, status: 200, json: async () => ({ a: [{ success: true }] }) },
    { status: 200, body: { a: [{ success: true }] } },
  ],
  ['a status only', { status: 201 }, { status: 201, body: undefined }],
  ['headers that are a plain object', { status: 503, headers: {}, json: async () => ({}) }, { status: 503, body: {} }],
  ['headers that are null', { status: 200, headers: null, json: async () => 1 }, { status: 200, body: 1 }],
];

for (const [name, answer, expected] of MOCKS) {
  test(`takes the answer of a mock that has ${name}`, async (context) => {
    await restoreKeepalive(context);
    context.mock.method(globalThis, 'fetch', async () => answer);
    const { status, body } = await post(makeSettings(), '{}');
    assert.deepEqual(
      { body: undefined, status, ...(body !== undefined && { body }) },
      { body: undefined, ...expected },
    );
  });
}

for (const name of ['fetch', 'TextEncoder', 'AbortSignal'] as const) {
  test(`post never rejects if ${name} is missing`, async (context) => {
    await restoreKeepalive(context);
    const requests = stubFetch(context, accept);
    const before = Object.getOwnPropertyDescriptor(globalThis, name)!;
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
    context.after(() => Object.defineProperty(globalThis, name, before));
    const { status } = await post(makeSettings(), '{}');
    assert.equal(keepaliveRoom, ROOM);
    // Only `fetch` itself is needed.
    assert.equal(status, name === 'fetch' ? 0 : 200);
    assert.equal(requests.length, name === 'fetch' ? 0 : 1);
  });
}

test('fetch is called on the global object, and its options inherit nothing from the page', async (context) => {
  const settings = makeSettings();
  Object.defineProperty(Object.prototype, 'mode', { value: 'no-cors', configurable: true, enumerable: true });
  context.after(() => delete (Object.prototype as { mode?: unknown }).mode);
  const calls: [receiver: unknown, init: RequestInit][] = [];
  context.mock.method(globalThis, 'fetch', async function (this: unknown, _: string, init: RequestInit) {
    calls.push([this, init]);
    return new Response('{}');
  });
  await post(settings, '{}');
  assert.equal(calls[0]![0], globalThis);
  assert.equal(calls[0]![1].mode, undefined);
});

test('the header does not depend on String.prototype.trim', async (context) => {
  const settings = [makeSettings({ scheme: '' }), makeSettings()];
  context.mock.method(String.prototype, 'trim', () => 'trimmed');
  const requests = stubFetch(context, accept);
  for (const one of settings) await post(one, '{}');
  assert.deepEqual(
    requests.map(({ init }) => init.headers['authorization']),
    ['write_good', 'Bearer write_good'],
  );
});
