import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnalysis, parseMultiAnalysis } from './parse-analysis.ts';

const CONTEXT = { now: Date.parse('2024-05-15T12:00:00Z'), forcedFilters: [] };
const QUERY = { event_collection: 'things', group_by: ['a', 'b'] };

test('an order has no more entries than there are groups and measures', () => {
  const ordered = (entries: number) =>
    parseAnalysis('count', { ...QUERY, order_by: Array(entries).fill({ property_name: 'a' }) }, CONTEXT);
  assert.equal(ordered(3).query.order.length, 3);
  for (const entries of [4, 240_000]) assert.throws(() => ordered(entries), /more entries than there are/);
});

test('groups and results with equal names are refused, because they are names in one object', () => {
  for (const group_by of [['a', 'a'], ['result'], ['a', 'result']])
    assert.throws(() => parseAnalysis('count', { ...QUERY, group_by }, CONTEXT), /must all differ/);
  const analyses = { a: { analysis_type: 'count' } };
  assert.throws(() => parseMultiAnalysis({ ...QUERY, analyses }, CONTEXT), /must all differ/);
});
