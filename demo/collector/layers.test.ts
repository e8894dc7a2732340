// Imports point one way. Each folder imports only from the folders listed beside it, all of which stand below it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const COLLECTOR = join(process.cwd(), 'demo/collector');

/** Folder → the folders that its files import, from top to bottom. `.` is demo/collector itself. */
const LAYERS: Record<string, string[]> = {
  // For tests alone: no other folder imports them.
  'testing/suite': ['testing', 'queries', 'events', 'model'],
  testing: [
    '.',
    'settings',
    'http',
    'queries',
    'events',
    'events/addons',
    'keys',
    'storage/cluster',
    'storage/duckdb',
    'storage',
    'model',
  ],

  // Wiring. It alone knows which engine is behind the storage port.
  '.': [
    'cluster-command',
    'key-command',
    'settings',
    'http',
    'tls',
    'keys',
    'events/addons',
    'storage/cluster',
    'storage/duckdb',
    'storage',
    'model',
  ],
  'cluster-command': ['keys', 'storage/cluster', 'storage/duckdb', 'storage', 'model'],
  'key-command': ['http', 'tls', 'keys', 'storage/duckdb', 'storage', 'model'],
  settings: ['tls', 'model'],

  // The only folder that knows requests, answers and statuses.
  http: ['tls', 'dashboard', 'dashboard/page', 'keys', 'queries', 'events', 'events/addons', 'storage', 'model'],
  tls: ['model'],

  // The parts.
  dashboard: ['dashboard/page', 'storage', 'model'],
  'dashboard/page': ['model'],
  keys: ['queries', 'events', 'storage', 'model'],
  queries: ['events', 'model'],
  events: ['events/addons', 'model'],
  'events/addons': ['model'],

  // The engines, and the port that they implement.
  'storage/cluster': ['storage', 'model'],
  'storage/duckdb': ['storage', 'model'],
  storage: ['model'],

  model: [],
};

interface Arrow {
  from: string;
  to: string;
  /** `file → file`, for the message. */
  files: string;
}

const folderOf = (file: string) => dirname(file).split(sep).join('/');

/** Imports between folders, in the files that are no tests; also types, re-exports and dynamic imports. */
function readArrows(): Arrow[] {
  const files = readdirSync(COLLECTOR, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const arrows = files.flatMap((file) => {
    const specifiers = readFileSync(join(COLLECTOR, file), 'utf8').matchAll(
      /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]*)['"]/g,
    );
    return [...specifiers].map(([, specifier]) => {
      const target = relative(COLLECTOR, resolve(COLLECTOR, dirname(file), specifier!));
      return { from: folderOf(file), to: folderOf(target), files: `${file} → ${target}` };
    });
  });
  // demo/ui/ is shared with the shop, and scripts/ with all of the project.
  return arrows.filter(({ from, to }) => from !== to && to !== '../ui' && !to.startsWith('../../scripts'));
}

test('the table of layers points down', () => {
  const order = Object.keys(LAYERS);
  for (const [from, below] of Object.entries(LAYERS))
    for (const to of below) assert.ok(order.indexOf(to) > order.indexOf(from), `${from} → ${to}`);
});

test('each folder imports only the folders below it that the table lists', () => {
  const arrows = readArrows();
  assert.deepEqual(
    arrows.filter(({ from, to }) => !LAYERS[from]?.includes(to)).map(({ files }) => files),
    [],
  );
  // An arrow that no import needs any more must leave the table.
  const needed = new Set(arrows.map(({ from, to }) => `${from} → ${to}`));
  const listed = Object.entries(LAYERS).flatMap(([from, below]) => below.map((to) => `${from} → ${to}`));
  assert.deepEqual(
    listed.filter((arrow) => !needed.has(arrow)),
    [],
  );
});
