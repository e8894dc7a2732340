/** The checks, in the order of the report. */
export const CHECKS = [
  'found',
  'started',
  'key',
  'integrity',
  'policy',
  'trusted-types',
  'options',
  'consent',
  'round-trip',
  'preflight',
  'headers',
  'clock',
  'bfcache',
  'prerender',
  'gpc',
] as const;
export type Check = (typeof CHECKS)[number];

/** What one check has found. No text holds a key. */
export interface Finding {
  check: Check;
  /** `good`: checked, and right. `bad`: wrong. `note`: nothing to check here, or a choice of the site. */
  state: 'good' | 'bad' | 'note';
  text: string;
  /** What to do about it; of a `bad` finding only. */
  mend?: string;
}

export const good = (check: Check, text: string): Finding => ({ check, state: 'good', text });
export const note = (check: Check, text: string): Finding => ({ check, state: 'note', text });
export const bad = (check: Check, text: string, mend: string): Finding => ({ check, state: 'bad', text, mend });

const MARKS = { good: '✓', bad: '✗', note: '–' } as const;
const WIDTH = Math.max(...CHECKS.map((check) => check.length)) + 2;

/** The report for a terminal: a line for each finding, and the mend below a bad one. */
export function formatFindings(url: string, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, state, text, mend }) => [
    `${MARKS[state]} ${check.padEnd(WIDTH)}${text}`,
    ...(mend ? [`${' '.repeat(WIDTH + 2)}mend: ${mend}`] : []),
  ]);
  const count = findings.filter(({ state }) => state === 'bad').length;
  const sum = count ? `${count} of ${findings.length} findings to mend.` : 'Nothing to mend.';
  return [url, '', ...lines, '', sum].join('\n');
}
