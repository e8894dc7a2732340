import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createPagesServer } from './create-pages-server.ts';

const HOST = '127.0.0.1:4800';
const STUB = 'var mailslot';
const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

// The real build of the shop, with a package of two small files.
const dist = mkdtempSync(join(tmpdir(), 'mailslot-pages-'));
after(() => rmSync(dist, { recursive: true }));
cpSync(join(process.cwd(), 'demo/dist/shop'), join(dist, 'shop'), { recursive: true });
mkdirSync(join(dist, 'package'));
writeFileSync(join(dist, 'package/stub.js'), STUB);
writeFileSync(join(dist, 'package/mailslot.js'), '/**/');
writeFileSync(
  join(dist, 'package/integrity.json'),
  JSON.stringify({ 'mailslot.js': 'sha384-abc+/=', 'stub.js': hash(STUB) }),
);

const calls: string[] = [];
const app = await createPagesServer({
  hosts: [HOST],
  endpoint: 'http://127.0.0.1:4900',
  projectId: 'shop',
  writeKey: 'write_"><script>',
  collector: {
    state: 'running',
    dashboard: 'http://127.0.0.1:4900/dashboard/?token=t',
    start: async () => void calls.push('start'),
    stop: async () => void calls.push('stop'),
  },
  packageDist: join(dist, 'package'),
  demoDist: dist,
});
after(() => app.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ url, headers: { host: HOST, ...headers } });

test('pages are filled, and their policy allows the stub and requests to the collector alone', async () => {
  for (const url of ['/', '/goods/ink', '/search?q=wax', '/spa', '/spa/goods/ink', '/spa/search?q=wax']) {
    const { statusCode, body, headers } = await get(url);
    assert.equal(statusCode, 200, url);
    assert.doesNotMatch(body, /\{\{|"><script>/, 'all placeholders are filled, and the key is escaped');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /require-trusted-types-for 'script'/);
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:4900;/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    const [, inline] = body.match(/<script>([^]*?)<\/script>/) ?? [];
    if (inline) assert.ok(policy.includes(`'${hash(inline)}'`), 'the policy has the hash of the stub');
    assert.equal(!!inline, !url.startsWith('/spa'), 'only the website has a stub');
  }
});

test('the script tag has the integrity of the built file, and the visitor’s consent', async () => {
  const tag = async (headers?: Record<string, string>) =>
    (await get('/', headers)).body.match(/<script async[^>]*>/)![0];
  assert.match(await tag(), /integrity="sha384-abc\+\/=".*data-consent="granted"/);
  assert.match(await tag({ cookie: 'consent=denied' }), /data-consent="denied"/);
  assert.match(await tag({ cookie: 'consent=%22%3E' }), /data-consent="granted"/, 'an invalid cookie');
});

test('unknown goods answer 404, and unfilled templates are not served', async () => {
  assert.equal((await get('/goods/nothing')).statusCode, 404);
  assert.equal((await get('/assets/shop.html')).statusCode, 404);
  assert.equal((await get('/assets/..%2fshop.html')).statusCode, 404);
  assert.equal((await get('/assets/ink.svg')).statusCode, 200);
});

test('only the demo’s own pages can stop and start the collector', async () => {
  const post = (url: string, headers: Record<string, string>) =>
    app.inject({ method: 'POST', url, headers: { host: HOST, ...headers } });
  for (const headers of [{}, { origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<
    string,
    string
  >[]) {
    assert.equal((await post('/control/collector/stop', headers)).statusCode, 403);
    assert.equal((await get('/control/state', headers)).statusCode, 403);
    assert.equal((await get('/control/dashboard', headers)).headers.location, undefined);
  }
  assert.deepEqual(calls, []);
  const own = { 'sec-fetch-site': 'same-origin' };
  assert.deepEqual((await post('/control/collector/stop', own)).json(), { state: 'running' });
  assert.equal((await post('/control/collector/start', own)).statusCode, 200);
  assert.deepEqual(calls, ['stop', 'start']);
  assert.match(String((await get('/control/dashboard', own)).headers.location), /token=t$/);
});
