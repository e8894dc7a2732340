import type { TestInfo } from 'playwright/test';
import type { Engine as EngineName } from '../../scripts/browsers.mjs';
import type { LongestTask } from './longest-task.ts';
import type { Tally } from './tally.ts';

/** One row in one engine. */
export interface Result extends Tally {
  passed?: boolean;
  row: string;
  engine: EngineName;
  /** Missing where nobody asked the browser. */
  version?: string | undefined;
  longest?: LongestTask | undefined;
  notes: readonly string[];
}

const name = 'reliability';

/** Hands a result to the reporter. */
export function writeResult(testInfo: TestInfo, result: Result): Promise<void> {
  return testInfo.attach(name, { body: JSON.stringify(result), contentType: 'application/json' });
}

/** What a test has handed over; undefined where it did not come so far. */
export function readResult(attachments: readonly { name: string; body?: Buffer }[]): Result | undefined {
  const body = attachments.find((attachment) => attachment.name === name)?.body;
  return body && (JSON.parse(body.toString()) as Result);
}
