import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from '../model/errors.ts';
import { parseTimeframe } from './timeframe.ts';
import { parseZone } from './zone.ts';

const show = (value: unknown, now: string, zone: unknown = undefined) => {
  const { start, end } = parseTimeframe(value, parseZone(zone), Date.parse(now));
  return [new Date(start), new Date(end)].map((date) => date.toISOString().replace(':00.000Z', 'Z')).join(' ');
};

test('relative timeframes consist of whole units, with or without the current one', () => {
  const now = '2024-05-15T13:45:30.500Z'; // a Wednesday
  const table: [string, string][] = [
    ['this_1_minutes', '2024-05-15T13:45Z 2024-05-15T13:46Z'],
    ['previous_10_minutes', '2024-05-15T13:35Z 2024-05-15T13:45Z'],
    ['this_hour', '2024-05-15T13:00Z 2024-05-15T14:00Z'],
    ['this_day', '2024-05-15T00:00Z 2024-05-16T00:00Z'],
    ['today', '2024-05-15T00:00Z 2024-05-16T00:00Z'],
    ['yesterday', '2024-05-14T00:00Z 2024-05-15T00:00Z'],
    ['this_7_days', '2024-05-09T00:00Z 2024-05-16T00:00Z'],
    ['this_14_days', '2024-05-02T00:00Z 2024-05-16T00:00Z'],
    ['previous_3_days', '2024-05-12T00:00Z 2024-05-15T00:00Z'],
    ['this_week', '2024-05-12T00:00Z 2024-05-19T00:00Z'],
    ['previous_week', '2024-05-05T00:00Z 2024-05-12T00:00Z'],
    ['this_month', '2024-05-01T00:00Z 2024-06-01T00:00Z'],
    ['previous_6_months', '2023-11-01T00:00Z 2024-05-01T00:00Z'],
    ['this_quarter', '2024-04-01T00:00Z 2024-07-01T00:00Z'],
    ['this_2_years', '2023-01-01T00:00Z 2025-01-01T00:00Z'],
    ['previous_1_year', '2023-01-01T00:00Z 2024-01-01T00:00Z'],
  ];
  for (const [timeframe, expected] of table) assert.equal(show(timeframe, now), expected, timeframe);
});

test('last_ is an older spelling of previous_, for every unit and number', () => {
  const now = '2024-05-15T13:45:30.500Z';
  for (const unit of ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']) {
    for (const rest of [unit, `1_${unit}`, `7_${unit}s`])
      assert.equal(show(`last_${rest}`, now), show(`previous_${rest}`, now), rest);
  }
  assert.equal(show('last_7_days', now), '2024-05-08T00:00Z 2024-05-15T00:00Z');
});

test("days follow the zone's clock across changes of summer time", () => {
  // Berlin's clocks go forward on 31 March 2024 and back on 27 October.
  assert.equal(show('this_day', '2024-03-31T12:00:00Z', 'Europe/Berlin'), '2024-03-30T23:00Z 2024-03-31T22:00Z');
  assert.equal(show('this_day', '2024-10-27T12:00:00Z', 'Europe/Berlin'), '2024-10-26T22:00Z 2024-10-27T23:00Z');
  assert.equal(show('this_2_days', '2024-01-01T20:00:00Z', 'Asia/Tokyo'), '2023-12-31T15:00Z 2024-01-02T15:00Z');
  assert.equal(show('this_day', '2024-01-01T02:00:00Z', -18_000), '2023-12-31T05:00Z 2024-01-01T05:00Z');
  assert.equal(show('this_day', '2024-01-01T02:00:00Z', '-18000'), '2023-12-31T05:00Z 2024-01-01T05:00Z');
  // The zone skips midnight, so the day begins at one o'clock.
  assert.equal(show('this_day', '2024-09-08T12:00:00Z', 'America/Santiago'), '2024-09-08T04:00Z 2024-09-09T03:00Z');
});

test('absolute timeframes are used unchanged', () => {
  assert.equal(
    show({ start: '2024-01-01', end: '2024-02-01T12:00+02:00' }, '2024-05-15T00:00:00Z'),
    '2024-01-01T00:00Z 2024-02-01T10:00Z',
  );
});

test('absolute times without an offset are in the time zone, also around a change of summer time', () => {
  const day = { start: '2024-03-10', end: '2024-03-11 00:00' };
  assert.equal(show(day, '2024-05-15T00:00:00Z', 'America/New_York'), '2024-03-10T05:00Z 2024-03-11T04:00Z');
  assert.equal(show(day, '2024-05-15T00:00:00Z', 3600), '2024-03-09T23:00Z 2024-03-10T23:00Z');
  assert.equal(
    show({ start: '2024-03-10T00:00Z', end: '2024-03-11T00:00-01' }, '2024-05-15T00:00:00Z', 'America/New_York'),
    '2024-03-10T00:00Z 2024-03-11T01:00Z',
  );
});

test('absolute times in a time zone end at the first and the last time that an event can have', () => {
  const years = { start: '0000-01-01', end: '9999-12-31 23:59' };
  assert.equal(show(years, '2024-05-15T00:00:00Z', 3600), '0000-01-01T00:00Z 9999-12-31T22:59Z');
  assert.equal(show(years, '2024-05-15T00:00:00Z', -3600), '0000-01-01T01:00Z 9999-12-31T23:59:59.999Z');
  const { end } = parseTimeframe(years, 'America/New_York', 0);
  assert.equal(new Date(end).toISOString(), '9999-12-31T23:59:59.999Z');
});

test('any other timeframe or timezone is rejected with the name of the parameter', () => {
  const wrong = [
    '',
    'this_0_days',
    'last',
    'last_0_days',
    'this_days_7',
    'this_7_fortnights',
    'this_-1_days',
    '__proto__',
    7,
    {},
    { start: '2024-01-01' },
    { start: '2024-02-01', end: '2024-01-01' },
    [],
  ];
  for (const value of wrong) {
    assert.throws(
      () => parseTimeframe(value, 'UTC', 0),
      (error) =>
        error instanceof DomainError && error.code === 'InvalidParameterError' && /timeframe/.test(error.message),
      JSON.stringify(value),
    );
  }
  for (const zone of ['Mars/Olympus', 1.5, 9e9, {}])
    assert.throws(() => parseZone(zone), /timezone/, JSON.stringify(zone));
});
