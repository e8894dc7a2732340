const event = (n: number, user: string, item: string, timestamp: string, coordinates = [13.4, 52.5]) => ({
  n,
  user: { id: user },
  item,
  keen: { timestamp, location: { coordinates } },
});

/** The events that the analyses find, in the collection `purchases`. */
export const PURCHASES = [
  event(1, 'ada', 'pen', '2024-05-14T10:00:00.000Z'),
  event(2, 'bob', 'ink', '2024-05-14T11:00:00.000Z'),
  event(3, 'ada', 'ink', '2024-05-15T10:00:00.000Z'),
  event(6, 'cy', 'red ink', '2024-05-15T11:00:00.000Z', [2.35, 48.86]),
];
/** In the collection `refunds`. */
export const REFUNDS = [event(2, 'bob', 'ink', '2024-05-15T12:00:00.000Z')];

const DAYS = [
  { start: '2024-05-14T00:00:00.000Z', end: '2024-05-15T00:00:00.000Z' },
  { start: '2024-05-15T00:00:00.000Z', end: '2024-05-16T00:00:00.000Z' },
];
export const TIMEFRAME = { start: DAYS[0]!.start, end: DAYS[1]!.end };

export interface Analysis {
  name: string;
  type: string;
  /** Names in camel case, as in Keen's documentation; the clients translate them. */
  parameters: Record<string, unknown>;
  result: unknown;
}

const of = (type: string, result: unknown, parameters: Record<string, unknown> = {}, name = type): Analysis => ({
  name,
  type,
  parameters: { eventCollection: 'purchases', timeframe: TIMEFRAME, timezone: 'UTC', ...parameters },
  result,
});
const filtered = (operator: string, propertyName: string, propertyValue: unknown, result: number): Analysis =>
  of('count', result, { filters: [{ propertyName, operator, propertyValue }] }, `count with ${operator}`);

const STEPS = [
  { eventCollection: 'purchases', actorProperty: 'user.id' },
  { eventCollection: 'refunds', actorProperty: 'user.id' },
];
const funnel = (parameters: Record<string, unknown>, result: unknown, name: string): Analysis => ({
  name,
  type: 'funnel',
  parameters,
  result,
});

/** Every type of query, and every parameter that Keen's clients document. */
export const ANALYSES: Analysis[] = [
  of('count', 4),
  of('count_unique', 3, { targetProperty: 'user.id' }),
  of('sum', 12, { targetProperty: 'n' }),
  of('average', 3, { targetProperty: 'n' }),
  of('minimum', 1, { targetProperty: 'n' }),
  of('maximum', 6, { targetProperty: 'n' }),
  of('median', 2.5, { targetProperty: 'n' }),
  of('percentile', 2.5, { targetProperty: 'n', percentile: 50 }),
  of('standard_deviation', Math.sqrt(3.5), { targetProperty: 'n' }),
  of('select_unique', ['ada', 'bob', 'cy'], { targetProperty: 'user.id' }),
  of('extraction', [{ n: 6 }, { n: 3 }], { latest: 2, propertyNames: ['n'] }),
  of(
    'multi_analysis',
    { all: 4, total: 12 },
    {
      analyses: { all: { analysis_type: 'count' }, total: { analysis_type: 'sum', target_property: 'n' } },
    },
  ),
  funnel({ steps: STEPS }, [3, 1], 'funnel'),
  funnel({ steps: [STEPS[0], { ...STEPS[1], inverted: true }] }, [3, 2], 'funnel with an inverted step'),
  funnel(
    { steps: [STEPS[0], { ...STEPS[1], optional: true }], timeframe: TIMEFRAME },
    [3, 1],
    'funnel with a timeframe',
  ),
  filtered('eq', 'item', 'ink', 2),
  filtered('ne', 'item', 'ink', 2),
  filtered('gt', 'n', 2, 2),
  filtered('gte', 'n', 2, 3),
  filtered('lt', 'n', 2, 1),
  filtered('lte', 'n', 2, 2),
  filtered('in', 'n', [1, 6, 7], 2),
  filtered('exists', 'user.id', true, 4),
  filtered('contains', 'item', 'ink', 3),
  filtered('not_contains', 'item', 'ink', 1),
  filtered('regex', 'item', '^red', 1),
  filtered('within', 'keen.location.coordinates', { coordinates: [13.4, 52.5], max_distance_miles: 10 }, 3),
  of(
    'sum',
    [
      { 'user.id': 'cy', result: 6 },
      { 'user.id': 'ada', result: 4 },
    ],
    {
      targetProperty: 'n',
      groupBy: 'user.id',
      orderBy: [{ propertyName: 'result', direction: 'DESC' }],
      limit: 2,
    },
    'sum with groupBy, orderBy and limit',
  ),
  of(
    'count',
    DAYS.map((timeframe) => ({ value: 2, timeframe })),
    { interval: 'daily' },
    'count with an interval',
  ),
  of(
    'count',
    [
      { value: [{ item: 'ink', 'user.id': 'bob', result: 1 }], timeframe: DAYS[0] },
      { value: [{ item: 'ink', 'user.id': 'ada', result: 1 }], timeframe: DAYS[1] },
    ],
    {
      interval: 'every_1_days',
      groupBy: ['item', 'user.id'],
      filters: [{ propertyName: 'item', operator: 'eq', propertyValue: 'ink' }],
    },
    'count with an interval and two groups',
  ),
  of('count', 0, { timeframe: 'last_3_days' }, 'count with an older spelling of a timeframe'),
];

/** Names as the API has them, for clients that do not translate them. */
export function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      inSnakeCase(member),
    ]),
  );
}
