import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { findBrowser } from '../../scripts/browsers.mjs';
import { root } from '../fixtures/paths.ts';
import { pack } from './project.ts';
import { makeReport, reportLine } from './report.ts';
import { hasFailed, type Result } from './row.ts';
import { rows } from './rows.ts';
import { runRow } from './run-row.ts';

const REPORT = join(root, 'e2e/ECOSYSTEM.md');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    folder: { type: 'string', default: join(tmpdir(), 'mailslot-ecosystem') },
  },
});
const unknown = values.only?.find((name) => !rows.some((row) => row.name === name));
if (unknown) {
  console.error(`mailslot: there is no project "${unknown}"; there are ${rows.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}
const chosen = rows.filter(({ name }) => !values.only || values.only.includes(name));
const cache = resolve(values.folder);

pack(cache);
const { executablePath, args } = findBrowser('chromium')!;
const browser = await chromium.launch({ executablePath, args });
const results: Result[] = [];
try {
  for (const row of chosen) {
    const began = performance.now();
    const result = await runRow(row, cache, browser);
    results.push(result);
    console.log(`${reportLine(result)} ${Math.round((performance.now() - began) / 1000)} s`);
  }
} finally {
  await browser.close();
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
writeFileSync(
  REPORT,
  makeReport(
    results,
    rows.map(({ environment }) => environment),
    { mailslot: version, node: process.versions.node, chromium: browser.version() },
    existsSync(REPORT) ? readFileSync(REPORT, 'utf8') : '',
  ),
);
const failed = results.filter(hasFailed).length;
console.log(`\n${results.length - failed} of ${results.length} projects work`);
process.exitCode = failed ? 1 : 0;
