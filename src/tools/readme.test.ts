// The README of the tools says what they are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as build from './build.ts';
import { COMMANDS } from './cli/commands.ts';
import { runCli } from './testing/run-cli.ts';

const readme = readFileSync(join(process.cwd(), 'src/tools/README.md'), 'utf8');

test('it names every command, with options that there are, and every plugin', async () => {
  for (const name of Object.keys(build)) assert.ok(readme.includes(`\`${name}()\``), name);
  for (const name of Object.keys(COMMANDS)) {
    assert.ok(readme.includes(`npx mailslot ${name}`), name);
    const { stdout } = await runCli([name, '--help']);
    for (const [line] of readme.matchAll(new RegExp(`mailslot ${name} [^\\n|]*`, 'g')))
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) assert.ok(stdout.includes(flag), `${name} ${flag}`);
  }
});

test('its links lead to headings', () => {
  const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, anchor] of readme.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.includes(anchor!), anchor);
});
