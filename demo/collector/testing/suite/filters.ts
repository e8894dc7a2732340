import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseAnalysis } from '../../queries/parse-analysis.ts';
import { parseExtraction } from '../../queries/parse-extraction.ts';
import type { Engine } from '../engines.ts';
import { makeEvent } from '../event.ts';
import { openStorage } from '../storage.ts';

const EVENTS = [
  {
    n: 1,
    price: 5,
    name: 'ada',
    tags: ['x', 'y'],
    on: true,
    user: { id: 'u1' },
    keen: { timestamp: '2024-01-01T00:00:00Z', location: { coordinates: [13.4, 52.5] } },
  },
  {
    n: 2,
    price: 10.5,
    name: 'Bob',
    tags: [1, 2],
    on: false,
    user: { id: 'u2' },
    keen: { timestamp: '2024-02-01T00:00:00Z', location: { coordinates: [-0.1, 51.5] } },
  },
  {
    n: 3,
    price: '10.5',
    name: "o'neil; DROP TABLE events",
    tags: [],
    user: null,
    keen: { timestamp: '2024-03-01T00:00:00Z' },
  },
  {
    n: 4,
    price: -2,
    'odd"na/me~$': 7,
    nothing: null,
    name: 'ada lovelace',
    keen: { timestamp: '2024-04-01T00:00:00Z' },
  },
];

const PASSES_ALL = { property_name: 'n', operator: 'exists', property_value: true };

/** A filter on so many levels. */
const nested = (levels: number): object =>
  levels === 1 ? PASSES_ALL : { operator: 'or', operands: [nested(levels - 1)] };

/** Filters and timeframes. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function filtersSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  async function openWithEvents(t: TestContext) {
    const { storage } = await openStorage(t, Date.parse('2024-05-01T00:00:00Z'), undefined, engine);
    await storage.append(EVENTS.map((event) => makeEvent('things', event, Date.parse('2024-05-01T00:00:00Z'))));
    /** Returns the `n` of each selected event. */
    return async (parameters: object): Promise<number[]> => {
      const found: number[] = [];
      const context = { now: 0, forcedFilters: [] };
      const query = { event_collection: 'things', ...parameters };
      for await (const chunk of storage.query(parseExtraction(query, context, 'secret').query))
        found.push(...chunk.map((text) => (JSON.parse(text) as { n: number }).n));
      for await (const [row] of storage.query(parseAnalysis('count', query, context).query))
        assert.equal(row!.values[0], found.length);
      return found;
    };
  }

  test(title('each operator selects the matching events'), { skip }, async (t) => {
    const select = await openWithEvents(t);
    const table: [string, string, unknown, number[]][] = [
      ['price', 'eq', 10.5, [2]],
      ['price', 'eq', '10.5', [3]],
      ['price', 'ne', 10.5, [1, 3, 4]],
      ['on', 'eq', true, [1]],
      ['on', 'eq', false, [2]],
      ['on', 'ne', true, [2, 3, 4]],
      ['user.id', 'eq', 'u2', [2]],
      ['user', 'eq', 'u1', []],
      ['user', 'contains', 'u1', []],
      ['user', 'eq', null, [3, 4]],
      ['user', 'ne', null, [1, 2]],
      ['name', 'eq', "o'neil; DROP TABLE events", [3]],
      ['tags', 'eq', 'x', [1]],
      ['tags', 'eq', 2, [2]],
      ['tags', 'eq', ['x', 'y'], [1]],
      ['tags', 'eq', ['y', 'x'], []],
      ['tags', 'eq', [], [3]],
      ['price', 'lt', 5, [4]],
      ['price', 'lte', 5, [1, 4]],
      ['price', 'gt', 5, [2]],
      ['price', 'gte', 5, [1, 2]],
      ['name', 'lt', 'ada z', [1, 2, 4]],
      ['name', 'gte', 'ada l', [3, 4]],
      ['on', 'exists', true, [1, 2]],
      ['on', 'exists', false, [3, 4]],
      ['nothing', 'exists', true, []],
      ['user.id', 'exists', 'false', [3, 4]],
      ['price', 'in', [5, '10.5', null], [1, 3]],
      ['on', 'in', [null, true], [1, 3, 4]],
      ['price', 'in', [], []],
      ['name', 'contains', 'ada', [1, 4]],
      ['name', 'not_contains', 'ada', [2, 3]],
      ['tags', 'contains', 'y', [1]],
      ['tags', 'contains', 1, [2]],
      ['name', 'contains', '%', []],
      ['name', 'regex', '^[a-z]+$', [1]],
      ['name', 'regex', 'a.a', [1, 4]],
      ['name', 'regex', '(?i)BOB', [2]],
      ['keen.timestamp', 'gt', '2024-02-01T01:00:00+01:00', [3, 4]],
      ['keen.timestamp', 'gte', '2024-02-01', [2, 3, 4]],
      ['keen.timestamp', 'eq', '2024-03-01T00:00Z', [3]],
      ['keen.created_at', 'lt', '2024-05-01', []],
      ['keen.location.coordinates', 'within', { coordinates: [13.3, 52.5], max_distance_miles: 10 }, [1]],
      ['keen.location.coordinates', 'within', { coordinates: [13.4, 52.5], max_distance_miles: 600 }, [1, 2]],
      ['odd"na/me~$', 'eq', 7, [4]],
      ["x') OR 1=1 --", 'eq', 1, []],
      ['name', 'eq', "' OR 1=1 --", []],
    ];
    for (const [property_name, operator, property_value, expected] of table) {
      assert.deepEqual(
        await select({ filters: [{ property_name, operator, property_value }] }),
        expected,
        JSON.stringify([property_name, operator, property_value]),
      );
    }
  });

  test(title('a filter can have a long value, and many of them'), { skip }, async (t) => {
    const select = await openWithEvents(t);
    const others = Array.from({ length: 999 }, (_, n) => `name number ${n} ${'ü😀'.repeat(60)}`);
    const filter = (operator: string, property_value: unknown) => ({
      filters: [{ property_name: 'name', operator, property_value }],
    });
    assert.deepEqual(await select(filter('in', [...others, 'Bob'])), [2]);
    assert.deepEqual(await select(filter('ne', 'ü😀'.repeat(100_000))), [1, 2, 3, 4]);
  });

  test(title('an event has to pass all filters and the timeframe'), { skip }, async (t) => {
    const select = await openWithEvents(t);
    const timeframe = { start: '2024-02-01T00:00:00Z', end: '2024-04-01T00:00:00Z' };
    assert.deepEqual(await select({ timeframe }), [2, 3]);
    assert.deepEqual(
      await select({
        timeframe: JSON.stringify(timeframe),
        filters: '[{"property_name":"price","operator":"gt","property_value":0}]',
      }),
      [2],
    );
    assert.deepEqual(
      await select({
        filters: [
          { property_name: 'price', operator: 'gt', property_value: 0 },
          { property_name: 'on', operator: 'eq', property_value: true },
        ],
      }),
      [1],
    );
  });

  test(title('an event has to pass one of the filters of an or, at every depth'), { skip }, async (t) => {
    const select = await openWithEvents(t);
    const is = (property_name: string, property_value: unknown, operator = 'eq') => ({
      property_name,
      operator,
      property_value,
    });
    const or = (...operands: object[]) => ({ operator: 'or', operands });
    const table: [object[], number[]][] = [
      [[or(is('n', 1), is('n', 3))], [1, 3]],
      [[or(is('n', 2))], [2]],
      // A condition on a missing property is neither true nor false in SQL.
      [[or(is('odd"na/me~$', 7), is('on', true))], [1, 4]],
      [[or(is('user.id', 'u2'), is('n', 4))], [2, 4]],
      [[or(is('nowhere', 1, 'gt'), is('price', [], 'in'))], []],
      [[or(is('n', 1), or(is('n', 2), or(is('n', 4))))], [1, 2, 4]],
      [[or(is('n', 1), is('n', 2)), is('price', 5, 'gt')], [2]],
      [[or(is('n', 1), is('n', 2)), or(is('n', 2), is('n', 3))], [2]],
      [[or(is('keen.timestamp', '2024-02-01', 'lt'), is('name', '^ada l', 'regex'))], [1, 4]],
    ];
    for (const [filters, expected] of table)
      assert.deepEqual(await select({ filters }), expected, JSON.stringify(filters));
  });

  test(title('invalid filters are rejected'), { skip }, async (t) => {
    const select = await openWithEvents(t);
    const wrong = [
      'x',
      {},
      [1],
      [{}],
      [{ property_name: 'a', operator: 'is', property_value: 1 }],
      [{ property_name: '', operator: 'eq', property_value: 1 }],
      [{ property_name: 'a..b', operator: 'eq', property_value: 1 }],
      [{ property_name: 'a', operator: 'eq', property_value: {} }],
      [{ property_name: 'a', operator: 'eq' }],
      [{ property_name: 'a', operator: 'lt', property_value: true }],
      [{ property_name: 'a', operator: 'in', property_value: 1 }],
      [{ property_name: 'a', operator: 'exists', property_value: 1 }],
      [{ property_name: 'a', operator: 'regex', property_value: 1 }],
      [{ property_name: 'a', operator: 'within', property_value: { coordinates: [1] } }],
      '[{"property_name"',
      [{ operator: 'or' }],
      [{ operator: 'or', operands: [] }],
      [{ operator: 'or', operands: {} }],
      [{ operator: 'or', operands: [1] }],
      [{ operator: 'or', operands: [{ property_name: 'a', operator: 'lt', property_value: true }] }],
      [{ operator: 'or', operands: [PASSES_ALL], property_name: 'n' }],
      [{ operator: 'or', operands: [PASSES_ALL], property_value: 1 }],
      [{ operator: 'OR', operands: [PASSES_ALL] }],
      [nested(11)],
      [{ operator: 'or', operands: Array.from({ length: 50 }, () => ({ operator: 'or', operands: [PASSES_ALL] })) }],
      Array.from({ length: 101 }, () => ({ property_name: 'a', operator: 'exists', property_value: true })),
    ];
    for (const filters of wrong)
      await assert.rejects(
        select({ filters }),
        { code: 'InvalidParameterError' },
        JSON.stringify(filters).slice(0, 90),
      );
    assert.deepEqual(await select({ filters: [nested(10)] }), [1, 2, 3, 4]);
    const half = Array.from({ length: 49 }, () => ({ operator: 'or', operands: [PASSES_ALL] }));
    assert.deepEqual(await select({ filters: [{ operator: 'or', operands: half }] }), [1, 2, 3, 4]);
  });
}
