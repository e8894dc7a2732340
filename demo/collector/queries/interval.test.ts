import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterval } from './interval.ts';
import type { Zone } from './zone.ts';

const slicesOf = (interval: unknown, start: string, end: string, zone: Zone = 'UTC') =>
  parseInterval(interval, { start: Date.parse(start), end: Date.parse(end) }, zone)!;

/** The start of each slice and the end of the last, to the minute. */
const edges = (...given: Parameters<typeof slicesOf>) => {
  const slices = slicesOf(...given);
  for (const [index, { start }] of slices.entries())
    if (index) assert.equal(start, slices[index - 1]!.end, 'without gaps');
  return [...slices.map(({ start }) => start), slices.at(-1)!.end]
    .map((time) => new Date(time).toISOString().slice(0, 16))
    .join(' ');
};
const hours = (...given: Parameters<typeof slicesOf>) =>
  slicesOf(...given).map(({ start, end }) => (end - start) / 3_600_000);

test('a timeframe is split at calendar boundaries, and can begin and end within a unit', () => {
  const table: [string, string, string, string][] = [
    ['minutely', '2024-05-15T10:00:30Z', '2024-05-15T10:02:00Z', '2024-05-15T10:00 2024-05-15T10:01 2024-05-15T10:02'],
    [
      'hourly',
      '2024-05-15T10:30Z',
      '2024-05-15T12:15Z',
      '2024-05-15T10:30 2024-05-15T11:00 2024-05-15T12:00 2024-05-15T12:15',
    ],
    ['daily', '2024-02-28T00:00Z', '2024-03-01T00:00Z', '2024-02-28T00:00 2024-02-29T00:00 2024-03-01T00:00'],
    [
      'weekly',
      '2024-05-15T00:00Z',
      '2024-05-27T00:00Z',
      '2024-05-15T00:00 2024-05-19T00:00 2024-05-26T00:00 2024-05-27T00:00',
    ],
    [
      'monthly',
      '2024-01-31T00:00Z',
      '2024-03-31T00:00Z',
      '2024-01-31T00:00 2024-02-01T00:00 2024-03-01T00:00 2024-03-31T00:00',
    ],
    [
      'quarterly',
      '2024-01-01T00:00Z',
      '2024-08-01T00:00Z',
      '2024-01-01T00:00 2024-04-01T00:00 2024-07-01T00:00 2024-08-01T00:00',
    ],
    ['yearly', '2023-06-01T00:00Z', '2025-01-01T00:00Z', '2023-06-01T00:00 2024-01-01T00:00 2025-01-01T00:00'],
    [
      'every_15_minutes',
      '2024-05-15T10:00Z',
      '2024-05-15T10:40Z',
      '2024-05-15T10:00 2024-05-15T10:15 2024-05-15T10:30 2024-05-15T10:40',
    ],
    [
      'every_2_weeks',
      '2024-05-12T00:00Z',
      '2024-06-20T00:00Z',
      '2024-05-12T00:00 2024-05-26T00:00 2024-06-09T00:00 2024-06-20T00:00',
    ],
    ['every_1_day', '2024-05-12T00:00Z', '2024-05-14T00:00Z', '2024-05-12T00:00 2024-05-13T00:00 2024-05-14T00:00'],
    [
      'every_6_months',
      '2023-12-31T00:00Z',
      '2024-12-31T00:00Z',
      '2023-12-31T00:00 2024-06-01T00:00 2024-12-01T00:00 2024-12-31T00:00',
    ],
  ];
  for (const [interval, start, end, expected] of table) assert.equal(edges(interval, start, end), expected, interval);
  assert.deepEqual(slicesOf('daily', '2024-05-15T00:00Z', '2024-05-15T00:00Z'), [], 'an empty timeframe');
});

test("days follow the zone's clock across changes of summer time", () => {
  assert.deepEqual(hours('daily', '2024-03-29T23:00Z', '2024-04-01T22:00Z', 'Europe/Berlin'), [24, 23, 24]);
  assert.deepEqual(hours('daily', '2024-10-25T22:00Z', '2024-10-28T23:00Z', 'Europe/Berlin'), [24, 25, 24]);
  assert.deepEqual(hours('every_2_days', '2024-03-29T23:00Z', '2024-04-02T22:00Z', 'Europe/Berlin'), [47, 48]);
  assert.equal(
    edges('monthly', '2024-03-01T05:00Z', '2024-05-01T04:00Z', 'America/New_York'),
    '2024-03-01T05:00 2024-04-01T04:00 2024-05-01T04:00',
  );
  assert.equal(edges('daily', '2024-01-01T05:00Z', '2024-01-02T05:00Z', -18_000), '2024-01-01T05:00 2024-01-02T05:00');
  // Santiago's 8 September 2024 begins at one o'clock, but the day before has 24 hours.
  assert.equal(
    edges('daily', '2024-09-07T04:00Z', '2024-09-10T03:00Z', 'America/Santiago'),
    '2024-09-07T04:00 2024-09-08T04:00 2024-09-09T03:00 2024-09-10T03:00',
  );
  // Samoa had no 30 December 2011.
  assert.deepEqual(hours('daily', '2011-12-29T10:00Z', '2011-12-31T10:00Z', 'Pacific/Apia'), [24, 24]);
});

test('an hour has sixty minutes, also at changes of summer time', () => {
  assert.deepEqual(hours('hourly', '2024-10-26T23:00Z', '2024-10-27T03:00Z', 'Europe/Berlin'), [1, 1, 1, 1]);
  assert.deepEqual(hours('hourly', '2024-03-30T23:00Z', '2024-03-31T03:00Z', 'Europe/Berlin'), [1, 1, 1, 1]);
  // Hours begin at half past in this zone.
  assert.equal(
    edges('hourly', '2024-01-01T00:00Z', '2024-01-01T02:00Z', 'Asia/Kolkata'),
    '2024-01-01T00:00 2024-01-01T00:30 2024-01-01T01:30 2024-01-01T02:00',
  );
});

test('any other interval is rejected with the name of the parameter', () => {
  for (const interval of [
    '',
    'secondly',
    'every_0_days',
    'every_days',
    'every_2_fortnights',
    '__proto__',
    'toString',
    7,
    {},
    ['daily'],
  ]) {
    assert.throws(
      () => slicesOf(interval, '2024-01-01T00:00Z', '2024-01-02T00:00Z'),
      { code: 'InvalidParameterError', message: /"interval"/ },
      JSON.stringify(interval),
    );
  }
  assert.throws(() => parseInterval('daily', undefined, 'UTC'), {
    code: 'InvalidParameterError',
    message: /"interval" needs a "timeframe"/,
  });
  assert.throws(() => slicesOf('minutely', '2024-01-01T00:00Z', '2025-01-01T00:00Z'), {
    code: 'InvalidParameterError',
    message: /"interval".*10000/,
  });
  assert.equal(slicesOf('minutely', '2024-01-01T00:00Z', '2024-01-07T22:40Z').length, 10_000);
});
