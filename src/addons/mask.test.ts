import assert from 'node:assert/strict';
import test from 'node:test';
import { hash } from './hash.ts';
import { mask } from './mask.ts';

const PRIVATE = [
  'jane.doe+shop@post.example',
  'jane%40post.example',
  'jane%2540post.example',
  '4111%201111%201111%201111',
  '4111+1111+1111+1111',
  '4111111111111111',
  '4111 1111 1111 1111',
  '5500-0055-5555-5559',
  'DE89370400440532013000',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  '550e8400-e29b-41d4-a716-446655440000',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'Ab3dEf6hIj9lMn2pQr5t',
];

for (const text of PRIVATE) {
  test(`${text} is masked, also within a path and a sentence`, () => {
    assert.equal(mask(text), '*');
    assert.equal(mask(`/users/${text}/edit`), '/users/*/edit');
    assert.doesNotMatch(mask(`Hello ${text}, welcome`), /\w{7,}(?<!welcome)$/);
  });
}

for (const text of [
  '/blog/2024-10-27-how-we-print-a-hundred-thousand-stamps',
  '/wiki/2024_United_States_presidential_election',
  '/products/stamp-42/reviews',
  'https://shop.example/a/b?page=2#/cart',
  'TypeError: undefined is not a function',
  '2026-11-26',
  'act@https://shop.example/app.js:1:2\n@https://shop.example/app.js:3:4',
  'async*act/<@http://127.0.0.1:8080/app.js:1:2',
  'act@webpack-internal:///./src/app.js:1:2',
]) {
  test(`${text} is left as it is`, () => assert.equal(mask(text), text));
}

test('a long text is cut, and takes no long time', () => {
  assert.equal(mask('x'.repeat(5000)).length, 1000);
  assert.equal(mask('abc', 2), 'ab');
  const start = performance.now();
  for (const part of ['a', 'a1', '1', '1-', 'a-', '@', 'a@']) mask(part.repeat(100_000));
  assert.ok(performance.now() - start < 2000);
});

test('a hash depends on each character and its place', () => {
  const texts = ['', 'a', 'b', 'ab', 'ba', 'aab', 'aba', '{"n":1}', '{"n":2}'];
  assert.equal(new Set(texts.map(hash)).size, texts.length);
  assert.equal(hash('signups'), hash('signups'));
});
