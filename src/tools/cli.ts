#!/usr/bin/env node
// The command `mailslot`.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { run } from './cli/run.ts';

// `mailslot check | head` closes stdout early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Not `process.exit()`, which cuts off what a pipe has not read yet.
process.exitCode = await run(process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  inform: (line) => process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  // Two folders above both this file and what it is built to.
  readVersion: () => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  env: process.env,
  cwd: process.cwd(),
});
