import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '../model/filter.ts';
import { parseFilters } from './filters.ts';
import { parseMultiAnalysis } from './parse-analysis.ts';
import { parseSelection } from './parse-selection.ts';

const after = (property_value: unknown, property_name = 'keen.timestamp', operator = 'gte') => ({
  property_name,
  operator,
  property_value,
});
const operandOf = (filter: object, zone?: string | number) => (parseFilters([filter], zone)[0] as Condition).operand;

test('a time without an offset in a filter is in the time zone of the query', () => {
  const zone = 'America/New_York';
  for (const property of ['keen.timestamp', 'keen.created_at'])
    for (const operator of ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'])
      assert.equal(operandOf(after('2024-05-15', property, operator), zone), '2024-05-15T04:00:00.000Z');
  assert.equal(operandOf(after('2024-01-15T10:00'), zone), '2024-01-15T15:00:00.000Z');
  assert.equal(operandOf(after('2024-01-15T10:00'), 3600), '2024-01-15T09:00:00.000Z');
  assert.equal(operandOf(after('2024-01-15T10:00'), 'UTC'), '2024-01-15T10:00:00.000Z');
  // An offset decides, and other properties and texts stay as they are.
  assert.equal(operandOf(after('2024-01-15T10:00:00+02:00'), zone), '2024-01-15T08:00:00.000Z');
  assert.equal(operandOf(after('2024-01-15', 'day'), zone), '2024-01-15');
  assert.equal(operandOf(after('yesterday'), zone), 'yesterday');
  assert.equal(operandOf(after('2024', 'keen.timestamp', 'contains'), zone), '2024');
});

test('in an or, in each of several analyses and beside a timeframe too, but not for the filters of an Access Key', () => {
  const forcedFilters = parseFilters([after('2024-05-15')]);
  const context = { now: 0, forcedFilters };
  const filters = [{ operator: 'or', operands: [after('2024-05-15')] }];
  const parameters = { event_collection: 'things', timezone: 'America/New_York' };
  const [forced, or] = parseSelection({ ...parameters, filters }, context).filters;
  assert.equal((forced as Condition).operand, '2024-05-15T00:00:00.000Z');
  assert.deepEqual(or, {
    operator: 'or',
    operands: [{ property: 'keen.timestamp', operator: 'gte', operand: '2024-05-15T04:00:00.000Z' }],
  });
  const analyses = { one: { analysis_type: 'count', filters: [after('2024-05-15')] } };
  const { query } = parseMultiAnalysis({ ...parameters, analyses }, { now: 0, forcedFilters: [] });
  assert.equal((query.measures[0]!.filters[0] as Condition).operand, '2024-05-15T04:00:00.000Z');
});

test('the numbers of a circle can be text', () => {
  const circle = (coordinates: unknown, max_distance_miles: unknown) => ({
    property_name: 'keen.location.coordinates',
    operator: 'within',
    property_value: { coordinates, max_distance_miles },
  });
  const expected = { longitude: -13.4, latitude: 52.5, miles: 10 };
  for (const miles of [10, '10', '10.0']) assert.deepEqual(operandOf(circle([-13.4, 52.5], miles)), expected);
  assert.deepEqual(operandOf(circle(['-13.4', '52.5'], 10)), expected);
  for (const miles of ['', ' ', '1e3', 'Infinity', 'NaN', '0x10', '10 miles', [10], null, true, undefined])
    assert.throws(() => operandOf(circle([0, 0], miles)), /max_distance_miles\\?": number/, String(miles));
  for (const degrees of ['181', '', 'Infinity', ['0'], null])
    assert.throws(() => operandOf(circle([degrees, 0], 10)), /in degrees/, String(degrees));
});
