import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBConnection } from '@duckdb/node-api';
import { makeRefusal } from '../testing/refusal.ts';
import { openStorage } from '../testing/storage.ts';
import { dashboardData } from './dashboard-data.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const DAY_MS = 86_400_000;

/** Counts the statements of all connections to the database. */
function countStatements(): () => number {
  let statements = 0;
  for (const name of ['run', 'runAndReadAll', 'stream'] as const) {
    const original = DuckDBConnection.prototype[name] as (...given: unknown[]) => unknown;
    DuckDBConnection.prototype[name] = function (this: DuckDBConnection, ...given: unknown[]) {
      statements++;
      return original.apply(this, given);
    } as never;
  }
  return () => statements;
}

test('dashboards ask the database nothing while nothing is recorded, refused or removed', async (t) => {
  const { storage, event, clock } = await openStorage(t, NOW);
  const statements = countStatements();
  const read = dashboardData({ storage, projectId: 'p', now: () => clock.now });
  const spans = ['15m', '1h', '30d'] as const;
  const page = (n: number) => `lw8f3k2a1-79228162514264337593543950335-00000000${n}`;
  await storage.append([event('things', {}, page(1)), event('things', {}, page(3))]);

  /** Statements of one look at each span, and the events in their bars. */
  async function look(): Promise<{ asked: number; bars: number[]; days: number }> {
    const before = statements();
    const answers = [];
    for (const span of spans) answers.push(await read(span));
    for (const { now } of answers) assert.ok(clock.now - now < 1_000);
    const bars = answers.map(({ arrivals }) => arrivals.reduce((sum, { events }) => sum + events, 0));
    return { asked: statements() - before, bars, days: answers[0]!.pages.length };
  }

  const first = await look();
  assert.ok(first.asked > 0);
  assert.deepEqual(first.bars, [2, 2, 2]);
  for (const [later, bars, days] of [
    [1_000, [2, 2, 2], 1],
    [20 * 60_000, [0, 2, 2], 1],
    [3_600_000, [0, 0, 2], 1],
    [31 * DAY_MS, [0, 0, 0], 0],
  ] as const) {
    clock.now += later;
    assert.deepEqual(await look(), { asked: 0, bars, days });
  }

  const changes = {
    event: () => storage.append([event('things', {})]),
    repeat: async () => void (await storage.append([event('things', {}, 't'), event('things', {}, 't')])),
    refusal: async () => storage.refusals.add(makeRefusal({ at: clock.now })),
    removal: () => storage.remove({ collection: 'things', filters: [], timeframe: undefined }),
  };
  for (const [name, change] of Object.entries(changes)) {
    clock.now += 1_000;
    await change();
    assert.ok((await look()).asked > 0, name);
  }
  const { collections, refusals } = await read('15m');
  assert.deepEqual([collections, refusals.total], [[], 1]);
});

test('a slow reading of one change is repeated after the next one, for a quarter of the time at most', async () => {
  let now = NOW;
  let revision = 1;
  let readings = 0;
  const overview = {
    collections: async () => {
      readings++;
      now += 2_000;
      return { largest: [], others: { collections: 0, events: 0, repeats: 0 }, misdated: { future: 0, past: 0 } };
    },
    arrivals: async () => [],
    latestEvents: async () => [],
    pages: async () => [],
    revision: () => revision,
  };
  const refusals = { report: async () => ({ counts: [], newest: [] }) };
  const storage = { overview, refusals } as unknown as Parameters<typeof dashboardData>[0]['storage'];
  const read = dashboardData({ storage, projectId: 'p', now: () => now });
  await Promise.all([read('1h'), read('1h')]);
  revision++;
  now += 5_999;
  await read('1h');
  assert.equal(readings, 1);
  now += 1;
  await read('1h');
  assert.equal(readings, 2);
});

test('counts of collections in memory equal those of the file', async (t) => {
  const opened = await openStorage(t, NOW);
  const { storage, event } = opened;
  const summaries = () => storage.overview.collections(2);
  const dated = (timestamp: string) => {
    const made = event('odd', {});
    return { ...made, timestamp: Date.parse(timestamp) };
  };
  await storage.append([
    ...Array.from({ length: 5 }, () => event('big', {})),
    ...['b', 'c', 'a'].map((name) => event(name, {}, 't')),
    event('a', {}, 't'),
    dated('2031-01-01'),
    dated('1971-01-01'),
    dated('2024-05-16T12:00:00Z'),
    dated('2014-05-15T12:00:00Z'),
  ]);
  const expected = {
    largest: [
      { name: 'big', events: 5, repeats: 0, latest: NOW },
      { name: 'odd', events: 4, repeats: 0, latest: NOW },
    ],
    others: { collections: 3, events: 3, repeats: 1 },
    misdated: { future: 1, past: 1 },
  };
  assert.deepEqual(await summaries(), expected);
  assert.deepEqual(await storage.overview.misdated('odd'), { future: 1, past: 1 });
  assert.deepEqual(await storage.overview.misdated('none'), { future: 0, past: 0 });
  const filters = [{ property: 'keen.timestamp', operator: 'gt', operand: '2030-01-01' } as const];
  await storage.remove({ collection: 'odd', filters, timeframe: undefined });
  expected.largest[1]!.events = 3;
  expected.misdated.future = 0;
  assert.deepEqual(await summaries(), expected);
  await opened.close();
  const again = await openStorage(t, NOW, opened.file);
  assert.deepEqual(await again.storage.overview.collections(2), expected);
  await again.close();
});
