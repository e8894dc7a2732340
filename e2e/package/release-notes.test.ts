import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';
import { cutNotes, releaseNotes, sources } from './release-notes.mjs';

const changelog = `# Changelog

## Unreleased

- Not yet.

## 1.1.0

### Fixed

- One thing.

## 1.1.0-beta.1

## 1.0.0

- The first.
`;
const made = {
  manifest: { name: 'mailslot', version: '1.1.0', unpkg: './dist/mailslot.js' },
  changelog,
  integrity: 'sha384-abc',
  stub: 'stub()',
};

test('The notes of a version are its part of the changelog and no more', () => {
  assert.equal(cutNotes(changelog, '1.1.0'), '### Fixed\n\n- One thing.');
  assert.equal(cutNotes(changelog, '1.0.0'), '- The first.');
});

test('A version without a part, or with an empty one, is refused', () => {
  for (const version of ['1.2.0', '1.1', '.', '', '1.1.0-beta.1', 'Changelog']) {
    assert.throws(() => cutNotes(changelog, version), /has nothing under/, version);
  }
});

test('A version that is not the manifest’s is refused', () => {
  assert.throws(() => releaseNotes('1.0.0', made), /package\.json has version 1\.1\.0, and not 1\.0\.0/);
  assert.throws(() => releaseNotes('', made), /package\.json has version/);
});

test('The notes end with the tag of this very build', () => {
  const notes = releaseNotes('1.1.0', made);
  assert.match(notes, /^### Fixed\n\n- One thing\.\n/);
  assert.ok(
    notes.includes('<script>stub()</script>\n<script async src="https://unpkg.com/mailslot@1.1.0/dist/mailslot.js"'),
  );
  assert.ok(notes.includes('crossorigin="anonymous"\n  integrity="sha384-abc"'));
});

test('The command prints the notes of this checkout’s version, with or without the v of its tag', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const hash = createHash('sha384')
    .update(readFileSync(join(root, 'dist/mailslot.js')))
    .digest('base64');
  for (const argument of [version, `v${version}`]) {
    const { stdout, stderr, status } = command(argument);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout, releaseNotes(version, sources()));
    assert.ok(stdout.includes(`mailslot@${version}/`) && stdout.includes(`integrity="sha384-${hash}"`), stdout);
  }
});

test('The command fails for any other version', () => {
  for (const argument of ['99.0.0', 'Unreleased', '']) {
    const { stdout, stderr, status } = command(argument);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^mailslot: package\.json has version/);
  }
});

const command = (version: string) =>
  spawnSync(process.execPath, [join(root, 'e2e/package/release-notes.mjs'), version], { encoding: 'utf8' });
