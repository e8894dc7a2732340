import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../cli/command.ts';
import { runCli } from '../testing/run-cli.ts';
import { startBrowser } from './browser.ts';
import { bad, CHECKS, formatFindings, good, note } from './finding.ts';
import { checkFound, checkKeys, checkStarted, type Loaded } from './static-checks.ts';

test('the documentation has a row for each check, in the order of the report', () => {
  const text = readFileSync(join(process.cwd(), 'src/tools/doctor/README.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z][a-z-]*)` +\|/gm)].map(([, name]) => name);
  assert.deepEqual(rows, [...CHECKS]);
});

test('the report marks each finding, puts the mend below it, and counts what there is to mend', () => {
  const text = formatFindings('https://shop.example', [
    good('found', 'a tag'),
    bad('clock', 'an hour off', 'set it'),
    note('gpc', 'off'),
  ]);
  assert.equal(
    text,
    [
      'https://shop.example',
      '',
      '✓ found          a tag',
      '✗ clock          an hour off',
      '                 mend: set it',
      '– gpc            off',
      '',
      '1 of 3 findings to mend.',
    ].join('\n'),
  );
  assert.match(formatFindings('https://shop.example', [good('found', 'a tag')]), /\n\nNothing to mend\.$/);
});

test('a browser that is not there is a mistake that the user can mend', async () => {
  await assert.rejects(startBrowser({ executable: '/nowhere', env: {}, cwd: process.cwd() }), (error: Error) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /npx playwright install chromium/);
    return true;
  });
});

test('it examines one page of the web, and nothing else', async () => {
  for (const args of [[], ['shop.example'], ['file:///etc/hosts'], ['https://a.example', 'https://b.example']]) {
    const { code, stdout } = await runCli(['doctor', ...args]);
    assert.deepEqual([code, stdout], [2, '']);
  }
});

const SRC = 'https://shop.example/mailslot.js';

/** A page with a tag of these data attributes, whose tracker has not started. */
function page(attributes: Record<string, string>, { status = 200, text = 'run()' } = {}): Loaded {
  const data = { projectId: 'shop', writeKey: 'write_0c1f', ...attributes };
  const tag = { src: SRC, integrity: '', crossOrigin: null, data, global: 'mailslot', isStarted: false };
  return {
    url: 'https://shop.example/',
    state: { tags: [tag], stubs: [], hasGlobal: true, queues: [], metaPolicies: [], violations: [], now: 0 },
    network: {
      posts: [],
      preflights: [],
      sources: new Map(status === 200 ? [[SRC, text]] : []),
      statuses: new Map(status ? [[SRC, status]] : []),
      settled: async () => {},
      key: () => undefined,
    },
    messages: [],
    policies: [],
  };
}

test('a complaint about the key is about a key, and never holds it', () => {
  for (const attributes of [
    {},
    { projectId: '' },
    { projectId: 'a/b' },
    { maxBatch: '0' },
    { endpoint: 'http://shop.example' },
    { durability: 'never' },
    { flushIntervall: '5' },
    { writeKey: '' },
  ] as Record<string, string>[]) {
    assert.deepEqual(checkKeys(page(attributes)), [], JSON.stringify(attributes));
  }
  const key = 'read_0c1f2e3d4b5a69788796a5b4';
  for (const [attributes, name] of [
    [{ writeKey: key }, 'writeKey'],
    // Another option that is wrong does not hide it.
    [{ writeKey: key, projectId: '' }, 'writeKey'],
    [{ writeKey: key, maxBatch: '0' }, 'writeKey'],
    [{ writeKey: 'shop' }, 'writeKey'],
    [{ projectId: key }, 'projectId'],
    [{ scheme: key }, 'scheme'],
    [{ endpoint: `https://shop.example/${key}` }, 'endpoint'],
    [{ adminToken: 'x' }, 'adminToken'],
  ] as [Record<string, string>, string][]) {
    const findings = checkKeys(page(attributes));
    assert.deepEqual(
      findings.map(({ check, state, text }) => [check, state, text.slice(0, name.length + 10)]),
      [['key', 'bad', `mailslot: ${name}`]],
    );
    assert.ok(!JSON.stringify([findings, checkFound(page(attributes))]).includes(key), 'the report repeats the key');
  }
});

test('a file that has not come is said to have not, with its status and what to do', () => {
  for (const [answer, complaint, mend] of [
    [{ status: 404 }, 'answers 404', /^put dist\/mailslot\.js at this address/],
    [{ status: 410 }, 'answers 410', /^put dist\/mailslot\.js at this address/],
    [{ status: 401 }, 'answers 401', /^let every visitor load it/],
    [{ status: 403 }, 'answers 403', /^let every visitor load it/],
    [{ status: 503 }, 'answers 503', /^see the log of its server/],
    [{ status: 0 }, 'is blocked, or gives no answer', /^put dist\/mailslot\.js at this address.*see the lines below$/],
    [{ text: '\n<!doctype html>' }, 'is a page', /^put dist\/mailslot\.js at this address/],
  ] as [{ status?: number; text?: string }, string, RegExp][]) {
    const finding = checkStarted(page({}, answer));
    assert.equal(finding?.text, `the file has not come: ${SRC} ${complaint}`);
    assert.match(finding.mend!, mend);
  }
  assert.equal(checkStarted(page({}))?.text, 'the file has come, and the tracker has not started');
});

test('of a set-up that has failed, the report has the console’s words without its stack, and names the attribute', () => {
  const messages = [
    'TypeError: mailslot: maxBatch must be like 500\n    at d (https://shop.example/mailslot.js:1:1717)',
  ];
  assert.deepEqual(
    checkStarted({ ...page({}), messages }),
    bad('started', 'TypeError: mailslot: maxBatch must be like 500', 'change data-max-batch of the tag'),
  );
});
