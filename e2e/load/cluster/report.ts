import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../fixtures/paths.ts';

const FILE = join(root, 'e2e/CLUSTER.md');

/** The parts of the file, each of which one command writes. */
const SECTIONS = ['Recording', 'Processor time', 'Memory', 'Queries', 'Kills'] as const;
type Section = (typeof SECTIONS)[number];

const HEAD = `# The cluster under load

Written by \`npm run load -- --cluster\` and \`npm run load -- --cluster --kill 30\`, on one machine with all processes of the
cluster on it. [CLUSTER.md](../demo/collector/CLUSTER.md) says how the parts fit together.
`;

/** A row of cells; the first of several rows is the head. */
export type Row = (string | number)[];

/** Replaces a section of e2e/CLUSTER.md, and leaves the others as they are. */
export function writeSection(section: Section, lines: string[], rows: Row[]): void {
  const known = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const sections = SECTIONS.flatMap((name) => {
    const text = name === section ? [...lines, '', ...toTable(rows)].join('\n') : sectionOf(known, name);
    return text === undefined ? [] : [`\n## ${name}\n\n${text}\n`];
  });
  writeFileSync(FILE, HEAD + sections.join(''));
}

function sectionOf(text: string, name: Section): string | undefined {
  const [, after] = text.split(`\n## ${name}\n`);
  return after === undefined ? undefined : after.split('\n## ', 1).join('').trim();
}

function toTable([head, ...rows]: Row[]): string[] {
  const line = (row: Row) => `| ${row.map(toCell).join(' | ')} |`;
  return [line(head!), `| ${head!.map((_, column) => (column ? '--:' : '---')).join(' | ')} |`, ...rows.map(line)];
}

const toCell = (cell: string | number): string =>
  typeof cell === 'string'
    ? cell
    : cell.toLocaleString('en', { maximumFractionDigits: Math.abs(cell) < 10 ? 2 : Math.abs(cell) < 100 ? 1 : 0 });

/** The machine, and how much other programs used it when the command began. */
export function describeMachine(load = loadavg()[0]!): string {
  const [{ model = 'unknown processor' } = {}] = cpus();
  const busy =
    load > 0.75 ? ` **Other programs were running (load ${load.toFixed(1)}), so the figures are lower bounds.**` : '';
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}.${busy}`;
}
