// Queries with the types of @keen.io/query. Only types are imported, so that the file runs without the package.
import type {
  Analysis,
  Direction,
  Filter,
  FilterOperator,
  GeoCoordinates,
  Intervals,
  OrderBy,
  Query,
  Step,
  Timeframe,
  Timezones,
} from '@keen.io/query';

/** The types name the operator `or` without its operands. */
interface AnyOf {
  operator: Extract<FilterOperator, 'or'>;
  operands: (Filter | AnyOf)[];
}

export interface TypedQuery {
  query: Omit<Query, 'filters'> & { filters?: (Filter | AnyOf)[] };
  result: unknown;
}

const timeframe: Timeframe = { start: '2024-05-14T00:00:00Z', end: '2024-05-16T00:00:00Z' };
const days: Intervals = 'daily';
const timezone: Timezones = 'Europe/Prague';
const descending: Direction = 'DESC';
const order: OrderBy = [{ property_name: 'result', direction: descending }];
const berlin: GeoCoordinates = { coordinates: [13.4, 52.5], maxDistanceMiles: '10' };

// @ts-expect-error: the types are in force
export const noAnalysis: Analysis = 'no analysis';

const where = (propertyName: string, operator: FilterOperator, propertyValue: Filter['propertyValue']): Filter => ({
  propertyName,
  operator,
  propertyValue,
});
const count = (more: Partial<TypedQuery['query']>): TypedQuery['query'] => ({
  analysis_type: 'count',
  event_collection: 'purchases',
  timeframe,
  ...more,
});
const measure = (analysis_type: Analysis, target_property: string, result: unknown, percentile?: number) => ({
  query: {
    ...count({ analysis_type, target_property }),
    ...(percentile === undefined ? {} : { percentile }),
  },
  result,
});
const step = (event_collection: string, more: Partial<Step> = {}): Step => ({
  actor_property: 'user.id',
  event_collection,
  timeframe,
  ...more,
});
const funnel = (steps: Step[]): TypedQuery['query'] => ({ ...count({ analysis_type: 'funnel' }), steps });

export const QUERIES: TypedQuery[] = [
  { query: count({}), result: 4 },
  measure('count_unique', 'user.id', 3),
  measure('sum', 'n', 12),
  measure('average', 'n', 3),
  measure('minimum', 'n', 1),
  measure('maximum', 'n', 6),
  measure('median', 'n', 2.5),
  measure('percentile', 'n', 2.5, 50),
  measure('standard_deviation', 'n', Math.sqrt(3.5)),
  measure('select_unique', 'user.id', ['ada', 'bob', 'cy']),
  {
    query: count({ analysis_type: 'extraction', latest: 2, property_names: ['n'] }),
    result: [{ n: 6 }, { n: 3 }],
  },
  { query: count({ filters: [where('item', 'eq', 'ink')] }), result: 2 },
  { query: count({ filters: [where('n', 'in', [1, 6])] }), result: 2 },
  { query: count({ filters: [where('item', 'in', ['ink', 'pen'])] }), result: 3 },
  { query: count({ filters: [where('item', 'ne', null), where('gone', 'eq', null)] }), result: 4 },
  { query: count({ filters: [where('keen.location.coordinates', 'within', berlin)] }), result: 3 },
  {
    query: count({ filters: [{ operator: 'or', operands: [where('n', 'eq', 1), where('user.id', 'eq', 'cy')] }] }),
    result: 2,
  },
  {
    query: count({
      filters: [
        where('n', 'lt', 6),
        {
          operator: 'or',
          operands: [where('item', 'eq', 'pen'), { operator: 'or', operands: [where('user.id', 'eq', 'bob')] }],
        },
      ],
    }),
    result: 2,
  },
  {
    query: count({ group_by: 'user.id', order_by: order, limit: 1 }),
    result: [{ 'user.id': 'ada', result: 2 }],
  },
  {
    query: count({ group_by: ['item', 'user.id'], filters: [where('item', 'eq', 'ink')] }),
    result: [
      { item: 'ink', 'user.id': 'ada', result: 1 },
      { item: 'ink', 'user.id': 'bob', result: 1 },
    ],
  },
  {
    query: count({ interval: days, timezone, timeframe: { start: '2024-05-14', end: '2024-05-15' } }),
    result: [{ value: 2, timeframe: { start: '2024-05-13T22:00:00.000Z', end: '2024-05-14T22:00:00.000Z' } }],
  },
  {
    query: count({ interval: 'every_2_days', timezone: 'UTC' }),
    result: [{ value: 4, timeframe: { start: '2024-05-14T00:00:00.000Z', end: '2024-05-16T00:00:00.000Z' } }],
  },
  { query: count({ timeframe: 'previous_3_days' }), result: 0 },
  { query: funnel([step('purchases'), step('refunds')]), result: [3, 1] },
  {
    query: funnel([step('purchases', { with_actors: true }), step('refunds', { inverted: true, optional: true })]),
    result: [3, 2],
  },
];
