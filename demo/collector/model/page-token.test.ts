import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEncoder, type Entry } from '../../../src/event.ts';
import { readPageToken } from './page-token.ts';

/** The uniqueness token in the JSON of an entry. */
const tokenOf = (entry: Entry): string => JSON.parse(entry[2]).keen.uniqueness_token;

test('a token of the tracker holds its page and its number', () => {
  const encode = createEncoder(() => []);
  const tokens = Array.from({ length: 100 }, () => tokenOf(encode('views', { a: 1 })!));
  const read = tokens.map((token) => readPageToken(token)!);
  assert.deepEqual(
    read.map(({ number }) => number),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(new Set(read.map(({ page }) => page)).size, 1);
  const other = createEncoder(() => [])('views', { a: 1 })!;
  assert.notEqual(readPageToken(tokenOf(other))!.page, read[0]!.page);
});

test('tokens of other clients have no number', () => {
  const good = '0lvz8f3k2-123456789012345678901234567890-00000000a';
  assert.deepEqual(readPageToken(good), { page: '123456789012345678901234567890', number: 10 });
  const others = [
    undefined,
    '',
    't',
    good.toUpperCase(),
    ` ${good}`,
    `${good}\n`,
    good.slice(1),
    `${good}0`,
    good.replace('-', '_'),
    '0lvz8f3k2-12-00000000a',
    '0lvz8f3k2-1234567890123456789012345678901-00000000a',
    '0lvz8f3k2-12x-00000000a',
    '0lvz8f3k2-123-000000000',
    '0lvz8f3k2-123-zzzzzzzzz',
    '0lvz8f3k2-0.8437-00000000a',
    '8437a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b',
  ];
  for (const token of others) assert.equal(readPageToken(token), undefined, token);
  assert.equal(readPageToken(`0lvz8f3k2-123-${(1_000_000).toString(36).padStart(9, '0')}`)!.number, 1_000_000);
  assert.equal(readPageToken(`0lvz8f3k2-123-${(1_000_001).toString(36).padStart(9, '0')}`), undefined);
});
