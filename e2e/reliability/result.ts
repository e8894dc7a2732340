import type { TestInfo } from 'playwright/test';
import type { Engine as EngineName } from '../../scripts/browsers.mjs';
import type { LongestTask } from './longest-task.ts';
import type { Tally } from './tally.ts';

/** The result of one row in one engine. */
export interface Result extends Tally {
  passed?: boolean;
  row: string;
  engine: EngineName;
  /** The browser's version; missing if the row has no driven browser. */
  version?: string | undefined;
  longest?: LongestTask | undefined;
  notes: readonly string[];
}

const ATTACHMENT = 'reliability';

/** Hands a result to the reporter. */
export function writeResult(testInfo: TestInfo, result: Result): Promise<void> {
  return testInfo.attach(ATTACHMENT, { body: JSON.stringify(result), contentType: 'application/json' });
}

/** The result that a test has attached; undefined if the test failed before. */
export function readResult(attachments: readonly { name: string; body?: Buffer }[]): Result | undefined {
  const body = attachments.find((attachment) => attachment.name === ATTACHMENT)?.body;
  return body && (JSON.parse(body.toString()) as Result);
}
