import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../testing/run-cli.ts';
import { COMMANDS } from './commands.ts';

const KEY = 'read_0c1f2e3d4b5a69788796a5b4c3d2e1f0';

test('--help names every command, and each has a help of its own', async () => {
  const { code, stdout, stderr } = await runCli(['--help']);
  assert.deepEqual([code, stderr], [0, '']);
  for (const name of Object.keys(COMMANDS)) {
    assert.match(stdout, new RegExp(`^ {2}${name} +\\w`, 'm'));
    for (const flag of ['--help', '-h']) {
      const own = await runCli([name, flag]);
      assert.deepEqual([own.code, own.stderr], [0, ''], name);
      assert.match(own.stdout, new RegExp(`^Usage: mailslot ${name}\\b`), name);
    }
  }
});

test('a wrong command, option or number of arguments has code 2, a message, and never repeats an argument', async () => {
  const names = Object.keys(COMMANDS);
  const wrong = [
    [],
    [KEY],
    ['__proto__'],
    ...names.flatMap((name) => [
      [name, `--${KEY}`],
      [name, '--url'],
    ]),
  ];
  for (const args of wrong) {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, /^mailslot[^\n]*: [^\n]*\n$/);
    assert.ok(!stderr.includes(KEY), 'the message repeats the key');
  }
});

test('--version prints the version of the package, and the help names it', async () => {
  const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));
  for (const flag of ['--version', '-v'])
    assert.deepEqual(await runCli([flag]), { code: 0, stdout: `${version}\n`, stderr: '' });
  assert.match((await runCli(['--help'])).stdout, /^ {2}mailslot --version +\w/m);
});

test('the error names an unknown command, unless it could be a key', async () => {
  for (const name of ['docter', 'Check', 'keys-list', '--verison', '-x', 'type']) {
    const { code, stdout, stderr } = await runCli([name]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^mailslot: There is no command /);
    assert.ok(stderr.startsWith(`mailslot: There is no command ${name}. The commands are check, `), stderr);
  }
  for (const name of [
    KEY,
    KEY.slice(5),
    'readkey',
    'master-key',
    'masterkey',
    'sk-live-abcdef',
    'cmVhZF9rZXlfYWJj',
    'abcdefghijklmnopqrstuvw',
    'aBcDeFgHiJkL',
    'shop.example',
    '__proto__',
    'two\nlines',
    '',
  ]) {
    const { code, stdout, stderr } = await runCli([name]);
    assert.deepEqual([code, stdout], [2, ''], name);
    assert.match(stderr, /^mailslot: There is no such command\. The commands are check, [^\n]*\n$/);
  }
});
