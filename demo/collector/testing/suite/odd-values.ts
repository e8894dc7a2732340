import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare } from '../../events/prepare.ts';
import type { NewEvent } from '../../model/event.ts';
import { ANALYSES, parseMultiAnalysis } from '../../queries/parse-analysis.ts';
import { parseExtraction } from '../../queries/parse-extraction.ts';
import { parseFunnel } from '../../queries/parse-funnel.ts';
import { arriving } from '../arrival.ts';
import type { Engine } from '../engines.ts';
import { openStorage } from '../storage.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const LARGEST = 2 ** 63;
/** Values that a function of the database could reject. */
const ODD_VALUES = [
  ['Infinity', '0'],
  ['-inf', 'nan'],
  ['1e999', '1e-999'],
  [LARGEST, -LARGEST],
  [181, 91],
  [13.4],
  [null, true],
  [],
  Array(50).fill('NaN'),
  'Infinity',
  'nan',
  '1e400',
  '',
  '\0',
  'a\0b',
  '\ud800',
  '%',
  '(',
  '[',
  '{"a": [1]}',
  '9999-99-99',
  LARGEST,
  -LARGEST,
  5e-324,
  -0,
  true,
  null,
  { '0': 'Infinity', '1': '0' },
  { '\0': { '-': 1 }, '~': '/', '*': [1] },
];
const CIRCLE = { coordinates: [0, 0], max_distance_miles: 10 };
const FILTERS = [
  ...['eq', 'ne'].flatMap((operator) =>
    [1, 'Infinity', '', true, null, [], ['a\0b']].map((value) => [operator, value]),
  ),
  ...['lt', 'lte', 'gt', 'gte'].flatMap((operator) => [1e308, 'NaN', '\0'].map((value) => [operator, value])),
  ...['contains', 'not_contains'].flatMap((operator) => ['', '\0', 1, null].map((value) => [operator, value])),
  ['exists', true],
  ['exists', false],
  ['in', [null, 1, '\0']],
  ['regex', '.*'],
  ['within', CIRCLE],
  ['within', { coordinates: [180, 90], max_distance_miles: Number.MAX_VALUE }],
] as const;
const PATHS = ['at', 'at.0', 'at.-', 'at.*', 'at.~', 'at.\0', 'at.$[0]', 'keen.timestamp', 'keen.id', 'keen'];

/** Values that are odd, and valid. */
export function oddValuesSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  test(title('no value of an event makes a query fail'), { skip }, async (t) => {
    const { storage } = await openStorage(t, NOW, undefined, engine);
    const events = ODD_VALUES.flatMap((at): NewEvent[] => {
      const prepared = prepare('things', { at }, arriving(NOW));
      return 'event' in prepared ? [prepared.event] : [];
    });
    assert.equal(events.length, ODD_VALUES.length);
    await storage.append(events);
    const context = { now: NOW, forcedFilters: [] };
    const run = async (label: string, query: Parameters<typeof storage.query>[0]) => {
      try {
        for await (const _ of storage.query(query as never));
      } catch (error) {
        assert.fail(`${label}: ${(error as Error).message}`);
      }
    };
    const slices = { timeframe: 'this_1_years', interval: 'monthly' };
    for (const property_name of PATHS) {
      // In one query, because a query of ClickHouse takes longer to plan than to run here.
      const selected = FILTERS.map(([operator, property_value], n) => {
        const filters = [{ property_name, operator, property_value }];
        return [n, { analysis_type: 'count', filters }] as const;
      });
      const measured = ANALYSES.map((analysis_type) => {
        return [analysis_type, { analysis_type, target_property: property_name, percentile: 90 }] as const;
      });
      const query = (analyses: Iterable<readonly [PropertyKey, object]>, more: object = {}) =>
        parseMultiAnalysis({ event_collection: 'things', analyses: Object.fromEntries(analyses), ...more }, context)
          .query;
      await run(`filters ${property_name}`, query(selected));
      await run(`analyses of ${property_name}`, query(measured));
      const group_by = [...new Set(['at', property_name])];
      await run(`analyses by ${property_name}`, query(measured, { group_by, ...slices }));
      if (engine.name === 'DuckDB')
        for (const [, { filters }] of selected) {
          const extraction = parseExtraction({ event_collection: 'things', filters }, context, 'secret');
          await run(JSON.stringify(filters), extraction.query);
        }
      const step = { event_collection: 'things', actor_property: property_name, with_actors: true };
      await run(`funnel ${property_name}`, parseFunnel({ steps: [step, step] }, context).query);
    }
  });

  test(title('within compares only numbers in range'), { skip }, async (t) => {
    const { storage } = await openStorage(t, NOW, undefined, engine);
    const places = [[0, 0], [0.01, 0.01], ['0', '0'], ['Infinity', '0'], [360, 0], [0, 180], [0]];
    const prepared = places.map((at, n) => prepare('things', { n, at }, arriving(NOW)));
    await storage.append(prepared.flatMap((one) => ('event' in one ? [one.event] : [])));
    const filters = [{ property_name: 'at', operator: 'within', property_value: CIRCLE }];
    const found: unknown[] = [];
    const query = parseExtraction(
      { event_collection: 'things', filters },
      { now: NOW, forcedFilters: [] },
      'secret',
    ).query;
    for await (const chunk of storage.query(query))
      found.push(...chunk.map((text) => (JSON.parse(text) as { n: number }).n));
    assert.deepEqual(found, [0, 1]);
  });
}
