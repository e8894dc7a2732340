import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../cli/command.ts';
import { runCli } from '../testing/run-cli.ts';
import { startBrowser } from './browser.ts';
import { bad, CHECKS, formatFindings, good, note } from './finding.ts';

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
