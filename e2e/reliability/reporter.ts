import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FullResult, Reporter, TestCase, TestResult } from 'playwright/types/testReporter';
import { root } from '../fixtures/paths.ts';
import { type Result, readResult } from './result.ts';
import { missing, table } from './table.ts';

/** The results of earlier runs, with the build that they belong to. */
const RESULTS = join(root, 'e2e/results/reliability.json');

/**
 * Makes the table from the tests' results. A partial run replaces its part of the results of the same build. The file
 * is written once the results of one build are complete.
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
    mkdirSync(dirname(RESULTS), { recursive: true });
    writeFileSync(RESULTS, JSON.stringify({ build, results: all }));
    console.log(`\n${table(this.#results, new Date())}`);

    const incomplete = missing(all);
    if (incomplete.length)
      return console.log(
        `e2e/RELIABILITY.md is not written. Failed, or not run with this build:\n${incomplete.join('\n')}`,
      );
    writeFileSync(join(root, 'e2e/RELIABILITY.md'), table(all, new Date()));
    console.log('e2e/RELIABILITY.md is written.');
  }

  #merge(build: string): Result[] {
    const before = existsSync(RESULTS)
      ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as { build: string; results: Result[] })
      : undefined;
    const same = (one: Result) => (other: Result) => one.row === other.row && one.engine === other.engine;
    const others = before?.build === build ? before.results.filter((old) => !this.#results.some(same(old))) : [];
    return [...others, ...this.#results];
  }
}
