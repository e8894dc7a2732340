import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimestamp } from './timestamp.ts';

const iso = (text: unknown) => {
  const time = parseTimestamp(text);
  return time === undefined ? undefined : new Date(time).toISOString();
};

test('ISO 8601 dates and times are parsed, in UTC without a zone', () => {
  const table: [string, string][] = [
    ['2024-02-29T10:20:30.456Z', '2024-02-29T10:20:30.456Z'],
    ['2024-02-29T10:20:30.456789Z', '2024-02-29T10:20:30.456Z'],
    ['2012-06-06T19:10:39.205000', '2012-06-06T19:10:39.205Z'],
    ['2024-02-29T10:20', '2024-02-29T10:20:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2024-02-29 10:20:30', '2024-02-29T10:20:30.000Z'],
    ['2024-01-01T01:00:00+02:00', '2023-12-31T23:00:00.000Z'],
    ['2024-01-01T01:00:00-0530', '2024-01-01T06:30:00.000Z'],
    ['2024-01-01T01:00:00+01', '2024-01-01T00:00:00.000Z'],
    ['0050-01-01', '0050-01-01T00:00:00.000Z'],
  ];
  for (const [text, expected] of table) assert.equal(iso(text), expected, text);
});

test('invalid dates and other formats are rejected', () => {
  const wrong = [
    '',
    'today',
    '1718000000',
    '2024',
    '2024-02',
    '2023-02-29',
    '2024-02-30',
    '2023-02-29T00:00:00.000Z',
    '2024-04-31T00:00:00.000Z',
    '2024-01-01T24:00:00.000Z',
    '2024-13-01',
    '2024-00-10',
    '2024-01-01T24:00:00Z',
    '2024-01-01T10:60Z',
    '01/02/2024',
    'Mon, 01 Jan 2024 00:00:00 GMT',
    '2024-01-01T10:00:00+25:00',
    ' 2024-01-01',
    '2024-01-01T',
    1718000000,
    null,
    {},
    ['2024-01-01'],
  ];
  for (const value of wrong) assert.equal(parseTimestamp(value), undefined, JSON.stringify(value));
});
