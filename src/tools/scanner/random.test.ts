import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isRandom, isRandomSegment } from './random.ts';

const DIGITS = '0123456789';
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const ALPHABETS: Record<string, string> = {
  hex: `${DIGITS}abcdef`,
  base36: DIGITS + SMALL,
  base62: DIGITS + SMALL + SMALL.toUpperCase(),
  base64url: `${DIGITS}${SMALL}${SMALL.toUpperCase()}-_`,
  base64: `${DIGITS}${SMALL}${SMALL.toUpperCase()}+/`,
};

/** A random text that is the same in every run. */
function randomText(alphabet: string, length: number, seed: number): string {
  const bytes = [0, 1].flatMap((part) => [...createHash('sha512').update(`${seed} ${part}`).digest()]);
  return Array.from({ length }, (_, index) => alphabet[bytes[index]! % alphabet.length]).join('');
}

test('of random keys with 20 and more characters at least 98 in a hundred are random', () => {
  for (const [name, alphabet] of Object.entries(ALPHABETS)) {
    for (const length of [20, 24, 32, 48, 64]) {
      const keys = Array.from({ length: 500 }, (_, seed) => randomText(alphabet, length, seed));
      const missed = keys.filter((key) => !isRandom(key));
      assert.ok(missed.length <= 10, `${name}, ${length}: ${missed.length} of 500, such as ${missed[0]}`);
    }
  }
});

test('names are not random, also with digits, in capitals and of many words', () => {
  const names = [
    'ToBase64UrlString',
    'sha256WithRSAEncryption',
    'XMLHttpRequestUpload2',
    'toUtf16LittleEndian',
    'INVALID_STATE_ERR_0x80004005',
    'only-2-columns-on-small-screens',
    'createElementNS1999xhtml',
    'webkitRequestFullscreen',
    'ecdsa-with-SHA512-P521',
    'x509v3SubjectKeyIdentifier',
    'getUint32LittleEndian',
    'i18nextHttpBackendV2',
    'ISO8859_1CharacterSet',
  ];
  for (const name of names) assert.ok(!isRandom(name), name);
});

test('times, dates and placeholders are not random', () => {
  for (const text of [
    '1700000000',
    '1700000000000',
    '20240115',
    '20240115103000',
    'xxxxxxxxxxxxxxxx',
    '0000000000000000',
  ])
    assert.ok(!isRandomSegment(text), text);
  assert.ok(isRandomSegment('0123456789'));
  assert.ok(isRandom('550e8400-e29b-41d4-a716-446655440000'));
});
