// Valid parameters of queries and deletions, over the names that `events.ts` uses.
import fc, { type Arbitrary } from 'fast-check';
import { text } from './values.ts';

export const COLLECTIONS = ['things', 'other things', 'a', "b-1'--"];
export const PROPERTIES = [
  ...[
    'n',
    'text',
    'mixed',
    'list',
    'at',
    'user',
    'user.id',
    'user.deep.plan',
    '__proto__',
    'a/b~"c',
    'ip.city',
    'nowhere',
  ],
  ...['keen', 'keen.timestamp', 'keen.created_at', 'keen.id', 'keen.location.coordinates', 'keen.uniqueness_token'],
];
export const ANALYSES = [
  ...['count', 'count_unique', 'sum', 'average', 'minimum', 'maximum', 'median', 'percentile', 'standard_deviation'],
  'select_unique',
];

export const collection: Arbitrary<string> = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...COLLECTIONS) },
  { weight: 1, arbitrary: text },
);
export const property: Arbitrary<string> = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...PROPERTIES) },
  { weight: 1, arbitrary: text },
);

export const timestamp: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '2024-05-15T10:00:00.000Z',
    '2024-05-15',
    '2024-05-15T10:00+05:30',
    '0000-01-01',
    '9999-12-31T23:59Z',
  ),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
);
const relative = fc
  .tuple(
    fc.constantFrom('this', 'previous', 'last'),
    fc.constantFrom('', '1_', '3_', '14_', '999_', '99999_'),
    fc.constantFrom('minute', 'hours', 'day', 'days', 'weeks', 'months', 'quarters', 'years'),
  )
  .map((words) => `${words[0]}_${words[1]}${words[2]}`);
export const timeframe: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('today', 'yesterday', 'this_7_days'),
  relative,
  fc
    .tuple(timestamp, timestamp)
    .map((times) => times.sort((a, b) => Date.parse(a) - Date.parse(b)))
    .map(([start, end]) => ({ start, end })),
);
export const timezone: Arbitrary<unknown> = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'Pacific/Apia', 'America/St_Johns', 'us/pacific', 3600, '-3600', 86_400, -86_400],
);
const interval: Arbitrary<unknown> = fc.constantFrom(
  ...['minutely', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly', 'every_3_days', 'every_9999_years'],
);

const operand: Arbitrary<unknown> = fc.oneof(text, fc.constantFrom(0, 1, -0.5, 1e308, true, null, 'a'));
const pattern = fc.constantFrom('.*', 'a', '(', '(a+)+$', '\\1', '(?=a)', '[[:alpha:]]', '\\p{L}', 'a{1000}', '(?i)A');
const circle = fc.record({
  coordinates: fc.constantFrom([0, 0], [180, 90], [-180, -90], [13.4, 52.5]),
  max_distance_miles: fc.constantFrom(0, 1, 1e308, -1),
});
const operators: [operators: string[], operand: Arbitrary<unknown>][] = [
  [['eq', 'ne', 'contains', 'not_contains', 'lt', 'lte', 'gt', 'gte'], operand],
  [['eq', 'ne', 'in'], fc.array(operand, { maxLength: 3 })],
  [['exists'], fc.constantFrom(true, false, 'true')],
  [['regex'], pattern],
  [['within'], circle],
  [['gt', 'lt'], timestamp],
];
const condition = fc.oneof(
  ...operators.map(([names, value]) =>
    fc.record({ property_name: property, operator: fc.constantFrom(...names), property_value: value }),
  ),
);
export const filters: Arbitrary<unknown[]> = fc.letrec((tie) => ({
  list: fc.array(tie('filter'), { maxLength: 3 }),
  filter: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: condition },
    {
      weight: 1,
      arbitrary: fc.record({
        operator: fc.constant('or'),
        operands: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
      }),
    },
  ),
})).list as Arbitrary<unknown[]>;

const selection = { event_collection: collection, filters, timeframe, timezone };
const optional = <T>(arbitrary: Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
const direction = fc.constantFrom('ASC', 'DESC', 'asc', null);

const measured = {
  target_property: property,
  percentile: fc.constantFrom(0, 50, '99.9', 100),
};
const grouped = fc
  .tuple(fc.array(property, { minLength: 1, maxLength: 3 }), direction, fc.boolean(), fc.constantFrom(1, 10, '100000'))
  .map(([names, order, byResult, limit]) => ({
    group_by: names.length === 1 ? names[0] : [...new Set(names)],
    order_by: { property_name: byResult ? 'result' : names[0], direction: order },
    limit,
  }));
const common = { ...selection, interval: optional(interval) };
const withGroups = (query: Arbitrary<object>): Arbitrary<object> =>
  fc.tuple(query, optional(grouped)).map(([one, groups]) => ({ ...one, ...groups }));

const firstStep = fc.record({ event_collection: collection, actor_property: property });
const step = fc.record(
  {
    event_collection: collection,
    actor_property: property,
    filters,
    timeframe,
    timezone,
    inverted: fc.boolean(),
    optional: fc.boolean(),
    with_actors: fc.boolean(),
  },
  { requiredKeys: ['event_collection', 'actor_property'] },
);

/** Parameters of each type of query. */
export const QUERIES: Record<string, Arbitrary<object>> = {
  ...Object.fromEntries(
    ANALYSES.map((type) => [
      type,
      withGroups(
        fc.record(
          { ...common, ...measured },
          {
            requiredKeys: [
              'event_collection',
              ...(type === 'count' ? [] : (['target_property', 'percentile'] as const)),
            ],
          },
        ),
      ),
    ]),
  ),
  multi_analysis: withGroups(
    fc.record(
      {
        ...common,
        analyses: fc.dictionary(
          text,
          fc.record(
            { analysis_type: fc.constantFrom(...ANALYSES), ...measured, filters },
            { requiredKeys: ['analysis_type', 'target_property', 'percentile'] },
          ),
          { minKeys: 1, maxKeys: 4 },
        ),
      },
      { requiredKeys: ['event_collection', 'analyses'] },
    ),
  ),
  funnel: fc.record(
    {
      steps: fc.tuple(firstStep, fc.array(step, { maxLength: 3 })).map(([first, others]) => [first, ...others]),
      timeframe,
      timezone,
      ordered: fc.boolean(),
      within: fc.constantFrom('7_days', '1_hours', '0_days', '99999_weeks', '1_fortnights', 7),
    },
    { requiredKeys: ['steps'] },
  ),
  extraction: fc.record(
    {
      ...selection,
      latest: fc.constantFrom(1, 10, '100'),
      property_names: fc.array(property, { minLength: 1, maxLength: 4 }),
      page_size: fc.constantFrom(1, '10', 10_000, 0, 10_001),
      page_token: fc.oneof(fc.constantFrom('', 'eyJhIjoxfQ.AAAA'), text),
    },
    { requiredKeys: ['event_collection'] },
  ),
};
