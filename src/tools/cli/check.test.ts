import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runCli } from '../testing/run-cli.ts';

const PART = '0c1f2e3d4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978';

/** A new folder with these files. */
function folderWith(t: TestContext, files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

test('without a key it ends with 0 and says how many files it has read', async (t) => {
  const cwd = folderWith(t, {
    'dist/app.js': `key("write_${PART}")`,
    'dist/a/b.css': 'a {}',
    'src/x.js': `"read_${PART}"`,
  });
  assert.deepEqual(await runCli(['check', 'dist/'], { cwd }), {
    code: 0,
    stdout: '',
    stderr: 'mailslot check: no key in 2 files.\n',
  });
});

test('it names file, line, column and class of each key, and never a key', async (t) => {
  const cwd = folderWith(t, {
    'dist/app.js': `\nkey("read_" + "${PART}")`,
    'dist/app.js.gz': gzipSync(`key("master_${PART}")`),
    'dist/node_modules/x.js': `"read_${PART}"`,
    'dist/.git/x': `"read_${PART}"`,
  });
  symlinkSync(join(cwd, 'dist'), join(cwd, 'dist/loop'));
  const { code, stdout, stderr } = await runCli(['check', 'dist', 'dist/app.js'], { cwd });
  assert.equal(code, 1);
  assert.equal(stdout, 'dist/app.js:2:6: a read key, by its label\ndist/app.js.gz:1:6: a master key, by its label\n');
  assert.match(stderr, /^mailslot check: 2 keys that a page must not hold\..*revoke/);
  assert.ok(!`${stdout}${stderr}`.includes(PART.slice(0, 12)));
});

test('--json prints the findings as data', async (t) => {
  const cwd = folderWith(t, { 'app.js': `key("read_${PART}")` });
  const { code, stdout, stderr } = await runCli(['check', '--json', 'app.js'], { cwd });
  assert.deepEqual([code, stderr], [1, '']);
  const finding = { file: 'app.js', line: 1, column: 6, keyClass: 'read', evidence: 'label' };
  assert.deepEqual(JSON.parse(stdout), { files: 1, findings: [finding] });
});

test('values of variables with such names are found, also in parts and in .env files', async (t) => {
  const [first, second] = [PART, createHash('sha256').update('x').digest('hex').slice(0, 48)];
  const cwd = folderWith(t, {
    '.env': `VITE_READ_KEY='${second}' # the old one\nREAD_TIMEOUT=10000000000\nMASTER_HOST=db-1.internal.example`,
    '.env.example': 'READ_KEY=put-your-read-key-here-1',
    'dist/a.js': `x("${first}"); host("db-1.internal.example", 10000000000, "put-your-read-key-here-1")`,
    'dist/b.js': `const a = "${second.slice(0, 24)}"; run(other(a), "${second.slice(24)}")`,
  });
  const { code, stdout } = await runCli(['check', 'dist'], { cwd, env: { MAILSLOT_READ_KEY: first, HOME: '/root' } });
  assert.equal(code, 1);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'dist/a.js:1:4: a read key, the value of MAILSLOT_READ_KEY',
    'dist/b.js:1:12: a read key, the value of VITE_READ_KEY',
  ]);
});

test('--fingerprints finds keys without a label, and refuses a list that is none', async (t) => {
  const line = (key: string, of: string) =>
    `${createHash('sha256').update(key).digest('hex')} ${of} id_0123456789abcdef\n`;
  const odd = 'Tr0ub4dor&3-Tr0ub4dor';
  const cwd = folderWith(t, {
    'dist/a.js': `x("${PART}"); y("p/${PART.toUpperCase()}")`,
    'dist/b.html': `<a href="?key=${PART}&b=1">`,
    'dist/c.js': `const a = "${PART.slice(0, 20)}", b = a + "${PART.slice(20)}"; z('${odd}')`,
    list: line(PART, 'master') + line(odd, 'read'),
    writes: line(PART, 'write'),
    wrong: `read_${PART}`,
  });
  const expected =
    'dist/a.js:1:4: a master key, by its fingerprint (id_0123456789abcdef)\n' +
    'dist/b.html:1:15: a master key, by its fingerprint (id_0123456789abcdef)\n' +
    'dist/c.js:1:39: a master key, by its fingerprint (id_0123456789abcdef)\n' +
    'dist/c.js:1:78: a read key, by its fingerprint (id_0123456789abcdef)\n';
  assert.equal((await runCli(['check', 'dist', '--fingerprints', 'list'], { cwd })).stdout, expected);
  const piped = await runCli(['check', 'dist', '--fingerprints', '-'], {
    cwd,
    input: line(PART, 'master') + line(odd, 'read'),
  });
  assert.equal(piped.stdout, expected);
  for (const [list, message] of [
    ['writes', /hold no key that can read or manage/],
    ['wrong', /Line 1 of the fingerprints is not a hash/],
    ['missing', /cannot be read \(ENOENT\)/],
  ] as const) {
    const { code, stdout, stderr } = await runCli(['check', 'dist', '--fingerprints', list], { cwd });
    assert.deepEqual([code, stdout], [2, ''], list);
    assert.match(stderr, message);
    assert.ok(!stderr.includes(PART));
  }
});

test('--ignore leaves out files and folders; a missing path is an error', async (t) => {
  const cwd = folderWith(t, { 'dist/a.js': `"read_${PART}"`, 'dist/b/c.js': `"read_${PART}"`, 'dist/bc.js': '' });
  const { code } = await runCli(['check', 'dist', '--ignore', 'dist/a.js', '--ignore', 'dist/b/'], { cwd });
  assert.equal(code, 0);
  assert.equal((await runCli(['check', 'dist', '--ignore', 'dist/a.js'], { cwd })).stdout.split(':')[0], 'dist/b/c.js');
  for (const args of [['check'], ['check', 'nowhere'], ['check', `read_${PART}`]]) {
    const wrong = await runCli(args, { cwd });
    assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
    assert.ok(!wrong.stderr.includes(PART));
  }
});
