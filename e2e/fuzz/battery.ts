// Queries of every type over everything that is stored. A row that breaks one of them is a defect.
import { PROJECT } from '../../demo/collector/testing/server.ts';
import type { FuzzedCollector } from './collector.ts';
import { OPERATOR_KEYS } from './keys.ts';
import { PROPERTIES } from './queries.ts';

/** The ones that read values in different ways; an average or a median reads what a sum or a percentile reads. */
const MEASURES = ['count_unique', 'sum', 'minimum', 'percentile', 'standard_deviation', 'select_unique'];
/** Properties of one battery, so that it takes less time than the requests before it. */
const PROPERTIES_PER_BATTERY = 8;
const MAX_ANALYSES = 50;

interface Asked {
  url: string;
  storage: Pick<FuzzedCollector['storage'], 'schema'>;
}

interface Check {
  type: string;
  parameters: object;
}

/**
 * Asks all queries.
 * @param number of the battery, which chooses the properties
 * @returns what failed, in words; `undefined` if nothing did
 */
export async function batteryProblem({ url, storage }: Asked, number: number): Promise<string | undefined> {
  for (const [collection, types] of storage.schema()) {
    // Other ones each time, by a number that the same run has again.
    const properties = rotated([...new Set([...types.keys(), ...PROPERTIES])], number * PROPERTIES_PER_BATTERY).slice(
      0,
      PROPERTIES_PER_BATTERY,
    );
    const checks: Check[] = checksOf(properties).map(({ type, parameters }) => ({
      type,
      parameters: { event_collection: collection, ...parameters },
    }));
    checks.push({ type: 'funnel', parameters: funnelOf(collection, properties) });
    const problems = await Promise.all(checks.map((check) => problemOf(url, check)));
    const problem = problems.find(Boolean);
    if (problem) return problem;
  }
  return undefined;
}

async function problemOf(url: string, { type, parameters }: Check): Promise<string | undefined> {
  const body = JSON.stringify(parameters);
  const response = await fetch(`${url}/3.0/projects/${PROJECT}/queries/${type}`, {
    method: 'POST',
    headers: { authorization: OPERATOR_KEYS.read, 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  try {
    const { result, error_code: code } = JSON.parse(text) as { result?: unknown; error_code?: unknown };
    // 4xx in words: the data can be more than one query may return.
    if (response.status === 200 ? result !== undefined : response.status < 500 && code) return undefined;
  } catch {
    // Not JSON: reported below.
  }
  return `a later query fails with ${response.status} ${text.slice(0, 300)}: ${type} ${body}`;
}

function checksOf(properties: string[]): Check[] {
  const measures = properties.flatMap((target_property) =>
    MEASURES.map((analysis_type) => ({ analysis_type, target_property, percentile: 90 })),
  );
  const filtered = properties.flatMap((property_name) =>
    FILTERS.map(([operator, property_value]) => ({
      analysis_type: 'count',
      filters: [{ property_name, operator, property_value }],
    })),
  );
  const timeframe = { start: '2024-05-01', end: '2024-06-01' };
  return [
    ...inChunks([...measures, ...filtered]).map((analyses) => ({ type: 'multi_analysis', parameters: { analyses } })),
    {
      type: 'average',
      parameters: {
        target_property: properties[0],
        group_by: properties.slice(0, 4),
        order_by: { property_name: 'result', direction: 'DESC' },
        limit: 50,
      },
    },
    {
      type: 'count',
      parameters: { timeframe, timezone: 'America/St_Johns', interval: 'daily', group_by: properties[0] },
    },
    {
      type: 'maximum',
      parameters: { timeframe: 'this_2_days', interval: 'hourly', target_property: 'keen.timestamp' },
    },
    { type: 'extraction', parameters: {} },
    { type: 'extraction', parameters: { latest: 20, property_names: properties } },
  ];
}

const FILTERS: [operator: string, operand: unknown][] = [
  ['ne', ['a', null]],
  ['lt', 0],
  ['gte', 'a'],
  ['contains', ''],
  ['regex', '.'],
  ['within', { coordinates: [0, 0], max_distance_miles: 1e4 }],
];

function inChunks(analyses: object[]): Record<string, object>[] {
  return inParts(analyses, MAX_ANALYSES).map((part) =>
    Object.fromEntries(part.map((one, index) => [`m${index}`, one])),
  );
}

const inParts = <T>(list: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));

const funnelOf = (event_collection: string, properties: string[]) => ({
  steps: properties.slice(0, 3).map((actor_property, index) => ({
    event_collection,
    actor_property,
    with_actors: true,
    optional: index > 0,
  })),
});

function rotated<T>(list: T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
