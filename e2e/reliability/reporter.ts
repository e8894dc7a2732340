import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FullResult, Reporter, TestCase, TestResult } from 'playwright/types/testReporter';
import { root } from '../fixtures/paths.ts';
import { type Result, readResult } from './result.ts';
import { missing, table } from './table.ts';

const kept = join(root, 'e2e/results/reliability.json');

/**
 * Makes the table from what the tests have handed over. A run of a part replaces its part of what is known about this very build; the
 * file is written when that is all of the matrix.
 */
export default class ReliabilityReporter implements Reporter {
  readonly #results: Result[] = [];

  onTestEnd(_: TestCase, { attachments, status }: TestResult) {
    const result = readResult(attachments);
    if (result) this.#results.push({ ...result, passed: status === 'passed' });
  }

  onEnd(_: FullResult) {
    if (!this.#results.length) return;
    if (!process.env.MAILSLOT_WHOLE) return;
    const build = (JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8')) as Record<string, string>)[
      'mailslot.js'
    ]!;
    const all = this.#merge(build);
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, JSON.stringify({ build, results: all }));
    console.log(`\n${table(this.#results, new Date())}`);

    const open = missing(all);
    if (open.length)
      return console.log(`e2e/RELIABILITY.md stays as it is. Failed, or not run with this build:\n${open.join('\n')}`);
    writeFileSync(join(root, 'e2e/RELIABILITY.md'), table(all, new Date()));
    console.log('e2e/RELIABILITY.md is written.');
  }

  #merge(build: string): Result[] {
    const before = existsSync(kept)
      ? (JSON.parse(readFileSync(kept, 'utf8')) as { build: string; results: Result[] })
      : undefined;
    const same = (one: Result) => (other: Result) => one.row === other.row && one.engine === other.engine;
    const others = before?.build === build ? before.results.filter((old) => !this.#results.some(same(old))) : [];
    return [...others, ...this.#results];
  }
}
