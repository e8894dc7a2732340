// mailslot doctor: a site that is broken in one way is named for it, and a good one is not.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright/test';
import { findBrowser } from '../../scripts/browsers.mjs';
import { startBrowser } from '../../src/tools/doctor/browser.ts';
import { examine } from '../../src/tools/doctor/doctor.ts';
import type { Check, Finding } from '../../src/tools/doctor/finding.ts';
import { type FakeSettings, startFakeCollector } from '../fixtures/fake-collector.ts';
import { root } from '../fixtures/paths.ts';
import { test as base, type Collector, expect, html, type Site } from '../fixtures/test.ts';

const test = base.extend<{ fakeSettings: FakeSettings; fake: string }, { patient: Browser }>({
  fakeSettings: [{}, { option: true }],
  fake: async ({ fakeSettings }, use) => {
    const collector = await startFakeCollector(fakeSettings);
    await use(collector.url);
    await collector.close();
  },
  /** The doctor's own browser, for all tests of a worker. */
  patient: [
    async ({}, use) => {
      const browser = await startBrowser({
        executable: findBrowser('chromium')!.executablePath,
        env: process.env,
        cwd: root,
      });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
});

test.describe.configure({ timeout: 180_000 });

const file = (name: string) => readFileSync(join(root, 'dist', name), 'utf8');
const hashOf = (text: string, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

interface Parts {
  endpoint: string;
  projectId?: string;
  writeKey?: string;
  src?: string;
  /** More attributes of the tag. */
  attributes?: string;
  /** Before the tag, and after it. */
  before?: string;
  after?: string;
  headers?: Record<string, string>;
  stub?: boolean;
}

/** A shop that tracks a view when it loads; its URL. */
function shop(site: Site, parts: Parts): string {
  const { endpoint, projectId = 'shop', writeKey = 'write_0c1f', src = '/mailslot.js', attributes = '' } = parts;
  const { before = '', after = '', headers, stub = true } = parts;
  site.file('/shop.js', { body: `mailslot('views', { page: location.pathname });` });
  const head = `${before}${stub ? `<script>${file('stub.js')}</script>` : ''}
    <script async src="${src}" data-endpoint="${endpoint}" data-project-id="${projectId}" data-write-key="${writeKey}"
      ${attributes}></script>
    <script src="/shop.js"></script>${after}`;
  return site.page('/shop.html', { html: html({ head }), ...(headers && { headers }) });
}

const strictPolicy = (endpoint: string, { stub = hashOf(file('stub.js')), connect = endpoint } = {}) => ({
  'content-security-policy':
    `default-src 'none'; img-src data:; script-src 'self' '${stub}'; connect-src ${connect}; ` +
    `require-trusted-types-for 'script'; trusted-types 'none'`,
});

const named = (findings: readonly Finding[]) => [
  ...new Set(findings.filter(({ state }) => state === 'bad').map(({ check }) => check)),
];

const options = { click: undefined, tracksOwn: true };

/** Expects complaints of these checks and of no other, each with a mend. */
async function expectNamed(browser: Browser, url: string, checks: Check[], click?: string): Promise<Finding[]> {
  const findings = await examine(browser, url, { ...options, click });
  expect(named(findings), JSON.stringify(findings, null, 1)).toEqual(checks);
  for (const { state, mend, text } of findings) {
    expect(Boolean(mend)).toBe(state === 'bad');
    expect(text).not.toMatch(/write_0c1f|read_0c1f/);
  }
  return findings;
}

const own = ({ url, projectId, keys }: Collector): Parts => ({ endpoint: url, projectId, writeKey: keys.write });

test('a good site has no complaint, and its event is in the database', async ({ patient, site, collector }) => {
  const url = shop(site, { ...own(collector), headers: strictPolicy(collector.url), attributes: 'data-respect-gpc' });
  const findings = await expectNamed(patient, url, []);
  expect(findings.filter(({ state }) => state === 'good').map(({ check }) => check)).toEqual([
    'found',
    'started',
    'key',
    'policy',
    'trusted-types',
    'options',
    'round-trip',
    'preflight',
    'headers',
    'clock',
    'bfcache',
    'prerender',
    'gpc',
  ]);
  expect(await collector.count('mailslot_doctor')).toBe(1);
});

test('a good site that waits for consent has no complaint', async ({ patient, site, fake }) => {
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, attributes: 'data-consent="pending"' }), []);
  expect(findings).toContainEqual({
    check: 'consent',
    state: 'good',
    text: 'pending, and nothing is stored or sent',
  });
});

test('a good site whose file is on another host, with its hash, has no complaint', async ({ patient, site, fake }) => {
  const attributes = `integrity="${hashOf(file('mailslot.js'), 'sha384')}" crossorigin`;
  const src = `${site.otherUrl}/mailslot.js`;
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, src, attributes }), []);
  expect(findings.find(({ check }) => check === 'integrity')?.state).toBe('good');
});

test('a good app that imports it has no complaint', async ({ patient, site, fake }) => {
  site.file('/app.js', {
    body: `import { createTracker } from '/npm.js';
      const tracker = createTracker({ projectId: 'shop', writeKey: 'write_0c1f', endpoint: '${fake}' });
      document.querySelector('button').onclick = () => tracker.track('purchases', { item: 'stamp' });`,
  });
  const url = site.page(
    '/app.html',
    html({ head: '<script type="module" src="/app.js"></script>', body: '<button>Buy</button>' }),
  );
  const findings = await expectNamed(patient, url, [], 'button');
  expect(findings.find(({ check }) => check === 'round-trip')?.text).toBe('1 event acknowledged');
});

test('found: a page without a tracker', async ({ patient, site }) => {
  await expectNamed(patient, site.page('/empty.html', html({})), ['found']);
});

test('started: a file that is not there', async ({ patient, site, fake }) => {
  await expectNamed(patient, shop(site, { endpoint: fake, src: '/assets/mailslot.js' }), ['started']);
});

test('started: an option with a wrong value', async ({ patient, site, fake }) => {
  const url = shop(site, { endpoint: fake, attributes: 'data-max-batch="0"' });
  const findings = await expectNamed(patient, url, ['started']);
  expect(findings.find(({ check }) => check === 'started')?.text).toContain('maxBatch must be like');
});

test('started: a file that answers with an error, or with a page as for a route of an app', async ({
  patient,
  site,
  fake,
}) => {
  const body = html({ title: 'Not found' });
  for (const [status, complaint] of [
    [404, 'answers 404'],
    [200, 'is a page'],
  ] as const) {
    const src = site.file(`/assets/${status}.js`, { status, body, headers: { 'content-type': 'text/html' } });
    const findings = await expectNamed(patient, shop(site, { endpoint: fake, src }), ['started']);
    expect(findings.find(({ check }) => check === 'started')).toMatchObject({
      text: `the file has not come: ${src} ${complaint}`,
      mend: 'put dist/mailslot.js at this address, or correct src',
    });
  }
  // Of another host: there is no hash to propose.
  const foreign = `${site.otherUrl}/assets/404.js`;
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, src: foreign }), ['started']);
  expect(findings.find(({ check }) => check === 'integrity')).toMatchObject({ state: 'note' });
});

test('started: a file that has come by a redirect, and a project without a name', async ({ patient, site, fake }) => {
  site.file('/latest.js', { body: '', status: 302, headers: { location: '/mailslot.js' } });
  const url = shop(site, { endpoint: fake, src: '/latest.js', projectId: '' });
  const findings = await expectNamed(patient, url, ['started']);
  expect(findings.find(({ check }) => check === 'started')).toMatchObject({
    text: 'TypeError: mailslot: projectId must be like shop-1',
    mend: 'change data-project-id of the tag',
  });
});

test('key: another class of key in the tag, and in a script', async ({ patient, site, fake }) => {
  await expectNamed(patient, shop(site, { endpoint: fake, writeKey: 'read_0c1f2e3d4b5a69788796a5b4' }), [
    'started',
    'key',
  ]);
  site.file('/admin.js', { body: 'window.masterKey = "master_0c1f2e3d4b5a69788796a5b4c3d2e1f0"' });
  const url = shop(site, { endpoint: fake, after: '<script src="/admin.js"></script>' });
  const findings = await expectNamed(patient, url, ['key']);
  expect(findings.find(({ check }) => check === 'key')?.text).toMatch(/^a master key in http\S+\/admin\.js, line 1$/);
});

test.describe('key', () => {
  test.use({ fakeSettings: { canRead: true } });
  test('key: one without a label that can read', async ({ patient, site, fake }) => {
    await expectNamed(patient, shop(site, { endpoint: fake }), ['key']);
  });
});

test('integrity: the hash of another file, and none for a file of another host', async ({ patient, site, fake }) => {
  const attributes = `integrity="${hashOf('other', 'sha384')}" crossorigin`;
  await expectNamed(patient, shop(site, { endpoint: fake, attributes }), ['started', 'integrity']);
  await expectNamed(patient, shop(site, { endpoint: fake, src: `${site.otherUrl}/mailslot.js` }), ['integrity']);
});

test('policy: the stub’s hash, the file’s host and the collector are missing', async ({ patient, site, fake }) => {
  const oldStub = strictPolicy(fake, { stub: hashOf('other') });
  const [stub] = (await expectNamed(patient, shop(site, { endpoint: fake, headers: oldStub }), ['policy'])).filter(
    ({ check }) => check === 'policy',
  );
  expect(stub!.mend).toBe(`add '${hashOf(file('stub.js'))}' to script-src`);
  const noCollector = strictPolicy(fake, { connect: "'self'" });
  await expectNamed(patient, shop(site, { endpoint: fake, headers: noCollector }), ['policy', 'round-trip']);
  const src = `${site.otherUrl}/mailslot.js`;
  const attributes = `integrity="${hashOf(file('mailslot.js'), 'sha384')}" crossorigin`;
  const url = shop(site, { endpoint: fake, src, attributes, headers: strictPolicy(fake) });
  await expectNamed(patient, url, ['started', 'policy']);
});

test('trusted-types: a loader that sets src', async ({ patient, site, fake }) => {
  site.file('/loader.js', {
    body: `const tag = document.createElement('script');
      Object.assign(tag.dataset, { projectId: 'shop', writeKey: 'write_0c1f', endpoint: '${fake}' });
      tag.src = '/mailslot.js'; document.head.append(tag);`,
  });
  const url = site.page('/loaded.html', {
    html: html({ head: '<script src="/loader.js"></script>' }),
    headers: strictPolicy(fake),
  });
  await expectNamed(patient, url, ['found', 'trusted-types']);
});

test('options: a misspelt attribute', async ({ patient, site, fake }) => {
  await expectNamed(patient, shop(site, { endpoint: fake, attributes: 'data-flush-intervall="50"' }), ['options']);
});

test('consent: granted by a script and not by the visitor', async ({ patient, site, fake }) => {
  const after = `<script>mailslot.setConsent('granted');</script>`;
  await expectNamed(patient, shop(site, { endpoint: fake, attributes: 'data-consent="pending"', after }), ['consent']);
});

test('round-trip: a wrong key, a wrong project, no collector', async ({ patient, site, collector }) => {
  const parts = own(collector);
  const refused = await expectNamed(patient, shop(site, { ...parts, writeKey: 'write_0c1f' }), ['round-trip']);
  expect(refused.find(({ check }) => check === 'round-trip')?.text).toContain('refuses the key: 401');
  const unknown = await expectNamed(patient, shop(site, { ...parts, projectId: 'other' }), ['round-trip']);
  expect(unknown.find(({ check }) => check === 'round-trip')?.state).toBe('bad');
  await collector.stop();
  const stopped = await expectNamed(patient, shop(site, parts), ['round-trip']);
  expect(stopped.find(({ check }) => check === 'round-trip')?.text).toBe(`no answer from ${collector.url}`);
});

test('round-trip: no place to store', async ({ patient, site, fake }) => {
  const before = `<script>delete window.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined });</script>`;
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, before }), ['round-trip']);
  expect(findings.find(({ check }) => check === 'round-trip')?.text).toContain('held in memory');
});

for (const [what, fakeSettings, checks] of [
  ['not cached', { maxAge: undefined }, ['preflight']],
  ['cached for a moment', { maxAge: 1 }, ['preflight']],
  ['refused', { preflightStatus: 403 }, ['round-trip', 'preflight']],
] as [string, FakeSettings, Check[]][]) {
  test.describe(`preflight ${what}`, () => {
    test.use({ fakeSettings });
    test(`preflight: ${what}`, async ({ patient, site, fake }) => {
      await expectNamed(patient, shop(site, { endpoint: fake }), checks);
    });
  });
}

test('headers: those of another tool', async ({ patient, site, fake }) => {
  const before = `<script>const { fetch } = window; window.fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, traceparent: '00-1-1-00' } });</script>`;
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, before }), ['headers']);
  expect(findings.find(({ check }) => check === 'headers')?.text).toContain('traceparent');
});

test('clock: a page’s own Date', async ({ patient, site, fake }) => {
  const before = '<script>const { now } = Date; Date.now = () => now() - 86_400_000;</script>';
  await expectNamed(patient, shop(site, { endpoint: fake, before }), ['clock']);
});

test.describe('clock', () => {
  test.use({ fakeSettings: { fast: 3600 } });
  test('clock: the collector’s', async ({ patient, site, fake }) => {
    await expectNamed(patient, shop(site, { endpoint: fake }), ['clock']);
  });
});

test('bfcache: an unload listener', async ({ patient, site, fake }) => {
  const after = `<script>addEventListener('unload', () => {});</script>`;
  const findings = await expectNamed(patient, shop(site, { endpoint: fake, after }), ['bfcache']);
  expect(findings.find(({ check }) => check === 'bfcache')?.mend).toContain('pagehide');
});

test('prerender: a page that counts twice, and one that sends by itself', async ({ patient, site, fake }) => {
  const twice = `<script>document.addEventListener('prerenderingchange', () => mailslot('views', { page: '/' }));</script>`;
  await expectNamed(patient, shop(site, { endpoint: fake, after: twice }), ['prerender']);
  const early = `<script>fetch('${fake}/3.0/projects/shop/events', { method: 'POST', body: '{"views":[{"a":1}]}',
    headers: { authorization: 'Bearer write_0c1f', 'content-type': 'application/json' } })</script>`;
  await expectNamed(patient, shop(site, { endpoint: fake, after: early }), ['prerender']);
});

test('gpc: a second tag that ignores it, and a site that declares more than it does', async ({
  patient,
  site,
  fake,
}) => {
  const after = `<script async src="/mailslot.js" data-global="other" data-project-id="other" data-write-key="write_1c1f"
    data-endpoint="${fake}" data-flush-interval="3600000"></script>
    <script>addEventListener('load', () => { const again = () => window.other ? other('views', { a: 1 }) : setTimeout(again, 50); again(); })</script>`;
  await expectNamed(patient, shop(site, { endpoint: fake, attributes: 'data-respect-gpc', after }), ['gpc']);
  site.file('/.well-known/gpc.json', { body: '{"gpc":true,"lastUpdate":"2026-01-01"}' });
  await expectNamed(patient, shop(site, { endpoint: fake }), ['gpc']);
});

test('the command has exit codes and JSON, and says what is missing', async ({ site, fake }) => {
  // It starts a browser four times.
  test.setTimeout(600_000);
  const { executablePath } = findBrowser('chromium')!;
  const run = async (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(root, 'dist/tools/cli.js'), 'doctor', ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  const url = shop(site, { endpoint: fake });
  const fine = await run(url, '--json', '--browser', executablePath);
  expect([fine.code, fine.stderr]).toEqual([0, '']);
  expect(JSON.parse(fine.stdout)).toMatchObject({ url, ok: true });
  const empty = await run(site.page('/empty.html', html({})), '--browser', executablePath);
  expect([empty.code, empty.stderr]).toEqual([1, '']);
  expect(empty.stdout).toMatch(/^✗ found {2,}neither .*\n {3,}mend: /m);
  for (const [args, message] of [
    [[], /Name the page to examine/],
    [['ftp://shop.example'], /Name the page to examine/],
    [[site.url, '--browser', '/nowhere'], /There is no Chromium/],
    [[site.file('/broken.html', { body: 'broken', status: 500 }), '--browser', executablePath], /The page answers 500/],
    [['http://127.0.0.1:9/', '--browser', executablePath], /The page does not load/],
  ] as [string[], RegExp][]) {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  }
});
