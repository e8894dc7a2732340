import type { Result, Step } from './row.ts';

const HEAD = ['environment', 'versions', 'types', 'build', 'runs', 'delivered', 'bytes added'];

/** A line of the report. */
export function reportLine(result: Result): string {
  const { row, versions, install, types, build, runs, delivered, bytes } = result;
  const cells = [
    row.environment,
    versions || '–',
    ...(install.state === 'failed'
      ? [failure('install', install.reason), '', '']
      : [tell(types), tell(build), tell(runs, row.shows)]),
    delivered ? `${delivered.stored} of ${delivered.tracked}` : '–',
    bytes === undefined ? '–' : bytes.toLocaleString('en'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function tell(step: Step, shows = 'yes'): string {
  if (step.state === 'failed') return failure('failed', step.reason);
  return step.state === 'none' ? '–' : shows;
}

/** The first line of a reason, as a cell of a table. */
const failure = (what: string, reason: string) =>
  `**${what}**: ${reason.split('\n').slice(0, 2).join(' ').replaceAll('|', '\\|').slice(0, 200)}`;

/** The environment of a report's line; undefined for any other line. */
const environmentOf = (line: string) => /^\| ([^|]+?) \|/.exec(line)?.[1];

/**
 * The report. Lines of environments that have not run now are taken from the last one.
 * @param order the environments, in the order of the report
 */
export function makeReport(
  results: readonly Result[],
  order: readonly string[],
  about: { mailslot: string; node: string; chromium: string },
  last = '',
): string {
  const lines = new Map(last.split('\n').map((line) => [environmentOf(line) ?? '', line]));
  for (const result of results) lines.set(result.row.environment, reportLine(result));
  return [
    '# mailslot in its environments',
    '',
    '`npm run ecosystem` writes this table. It installs the packed tarball into each project of [ecosystem/projects](ecosystem/projects),',
    'type-checks it, builds it, and runs it in Chromium against the real collector. The files of the projects are the recipes of',
    '[ecosystem/README.md](ecosystem/README.md).',
    '',
    `mailslot ${about.mailslot}, Node ${about.node}, Chromium ${about.chromium}. A project that needs a newer Node brings it along.`,
    '',
    `| ${HEAD.join(' | ')} |`,
    `| ${HEAD.map((_, index) => (index > 4 ? '---:' : '---')).join(' | ')} |`,
    ...order.flatMap((environment) => lines.get(environment) ?? []),
    '',
    '- *types*: the project’s own type check, with all strict options. *delivered*: events of the collector, of those tracked; each came once.',
    '- *bytes added*: brotli of all built scripts, less that of a build with an empty package in place of mailslot. The app imports',
    '  `mailslot` and `mailslot/views`. Without a build it is the size of the files that the page loads.',
    '- *runs* also means that no page has shown a warning or an error.',
    '',
  ].join('\n');
}
