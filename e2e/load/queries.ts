import type { LoadedCollector } from './collector.ts';
import { table } from './table.ts';

const ROUNDS = 3;
const QUERIES: [name: string, type: string, parameters: object][] = [
  ['count', 'count', {}],
  ['count, 7 days', 'count', { timeframe: 'previous_7_days' }],
  ['count, filtered', 'count', { filters: [{ property_name: 'user.plan', operator: 'eq', property_value: 'team' }] }],
  ['sum by group', 'sum', { target_property: 'price', group_by: 'item' }],
  ['count by day, 28 days', 'count', { timeframe: 'previous_28_days', interval: 'daily' }],
  [
    'average by day and group',
    'average',
    { target_property: 'price', timeframe: 'previous_28_days', interval: 'daily', group_by: 'currency' },
  ],
  ['percentile 95', 'percentile', { target_property: 'price', percentile: 95 }],
  ['median by group', 'median', { target_property: 'price', group_by: 'user.plan' }],
  ['unique users', 'count_unique', { target_property: 'user.id' }],
  [
    'unique users by day',
    'count_unique',
    { target_property: 'user.id', timeframe: 'previous_28_days', interval: 'daily' },
  ],
];

/** Runs each query three times: prints the first time and the median, or the error. */
export async function measureQueries({ query }: LoadedCollector): Promise<void> {
  console.log('\nQueries over all events, one at a time');
  const row = table(['', 'first ms', 'median ms'], [26]);
  for (const [name, type, parameters] of QUERIES) {
    const times: number[] = [];
    let refused = '';
    for (let round = 0; round < ROUNDS && !refused; round++) {
      const began = performance.now();
      await query(type, { event_collection: 'views', ...parameters }).catch((error: Error) => {
        // A query over its time or memory limit is a result too.
        refused = /Query(Timeout|TooLarge)Error/.exec(error.message)?.[0] ?? '';
        if (!refused) throw error;
      });
      times.push(performance.now() - began);
    }
    row(name, times[0]!, refused || [...times].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!);
  }
}
