import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BULK_BYTES } from '../model/event-limits.ts';
import { MAX_BODY_DEPTH, MAX_BODY_VALUES, MAX_CONTAINERS, MAX_MEMBERS, parseLargeJson } from './parse-json.ts';
import { createJsonScanner } from './scan-json.ts';

const LARGE = 100_000;
const parse = (text: string | Buffer, depth = Infinity) => parseLargeJson(Buffer.from(text), depth);
/** Makes a body so large that it is parsed in pieces, without changing its meaning. */
const padded = (text: string) => `${text}${' '.repeat(LARGE)}`;

function scanned(text: string, step = 1) {
  const bytes = Buffer.from(text);
  const scanner = createJsonScanner(bytes, 4);
  for (let end = 0; end < bytes.length; end += step) scanner.scan(Math.min(bytes.length, end + step));
  return { values: scanner.values(), depth: scanner.depth(), members: scanner.members(), pieces: scanner.pieces };
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 0);
}

test('the scanner counts values, members and depth, whatever strings hold', () => {
  const texts = [
    '1',
    '{}',
    '[ ]',
    '[[], {}, { } ]',
    '{"a": [1, {"b": null}], "c": "x"}',
    String.raw`{"a\"]}": "\\", "b,{[": ["}\\\"", "\u005c"], "ü": "ß,"}`,
    '[[[[]]],[1,2,[3,[4]]]]',
  ];
  const depths = [0, 1, 1, 2, 3, 2, 4];
  texts.forEach((text, index) => {
    for (const step of [1, 3, 1_000]) {
      const { values, depth } = scanned(text, step);
      assert.equal(values, countValues(JSON.parse(text)), text);
      assert.equal(depth, depths[index], text);
    }
  });
  assert.equal(scanned('{"a": {"b": 1, "c": [1, 2, 3, 4]}, "d": 2, "e": 3}').members, 3);
});

test('a large body is parsed in pieces with the same result as in one', async () => {
  const events = Array.from({ length: 4_000 }, (_, n) => ({ n, text: `,]}"\\ü${n}`, list: [n, [], {}], none: {} }));
  const texts = [
    JSON.stringify({ a: events, b: [], c: [1], d: events.slice(0, 3), e: { f: [1, 2] }, g: 'x' }),
    `{"__proto__": ${JSON.stringify(events)}, "a": [0], "a": [ 1 , 2 ]}`,
    `\ufeff${JSON.stringify({ a: events }, null, 2)}`,
    JSON.stringify([events, 1, events, []]),
    padded('{"a": [ ], "b": [\n]}'),
    padded('{"a": "text"}'),
  ];
  for (const text of texts)
    assert.equal(JSON.stringify(await parse(text)), JSON.stringify(JSON.parse(text.replace('\ufeff', ''))));
});

test('a full store of 10,000 events with 60 properties each is parsed', async () => {
  const names = Array.from({ length: 60 }, (_, n) => [`property${n}`, n]);
  const text = JSON.stringify({ a: Array.from({ length: 10_000 }, () => Object.fromEntries(names)) });
  assert.ok(text.length < MAX_BULK_BYTES);
  const { a } = (await parse(text)) as { a: unknown[] };
  assert.equal(a.length, 10_000);
});

test('a large body is parsed in turns, between which other requests are handled', async () => {
  const text = JSON.stringify({ a: Array.from({ length: 50_000 }, (_, n) => ({ n, text: 'x'.repeat(100) })) });
  let passes = 0;
  let done = false;
  const count = () => {
    passes++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await parse(text);
  done = true;
  assert.ok(passes >= 4, `${passes} passes`);
});

test('a large body that is not valid JSON is refused wherever it is split', async () => {
  const many = '1,'.repeat(LARGE);
  const texts = [
    '{"a": [1,]}',
    '{"a": [,1]}',
    '{"a": [1,,2]}',
    '{"a": [1 2]}',
    '{"a": [1}',
    '{"a": [1]]}',
    '{"a": [1], }',
    '{"a": [1]',
    '{"a": [{]}]}',
    '{"a": [1], "b" [2]}',
    '{"a": 01}',
    '}{"a": [1]}',
    '{"a": ["x]}',
    '{"a": [\ufeff1]}',
    `{"a": [${many}]}`,
    `{"a": [${many}1], "b": [${many}]}`,
    '',
  ];
  for (const text of texts) await assert.rejects(parse(padded(text)), { code: 'InvalidJSONError' }, text.slice(0, 40));
  await assert.rejects(
    parse(Buffer.concat([Buffer.from(padded('{"a": ["')), Buffer.from([0xff]), Buffer.from('"]}')])),
    {
      code: 'InvalidJSONError',
    },
  );
});

test('a body with more values than the limit is refused before it is parsed', async () => {
  const tooLarge = { code: 'RequestEntityTooLargeError' };
  const elements = (count: number) => `{"a": [${'1,'.repeat(count - 1)}1]}`;
  assert.ok(await parse(elements(MAX_BODY_VALUES - 2)));
  await assert.rejects(parse(elements(MAX_BODY_VALUES - 1)), { ...tooLarge, message: /more than 1000000 values/ });
  // Never parsed: it is not even valid.
  await assert.rejects(parse(`{"a":[${'{},'.repeat(3_300_000)}`), tooLarge);
  const names = (count: number) => Array.from({ length: count }, (_, n) => `"property ${n}": 1`).join();
  assert.ok(await parse(`{"a": [{${names(MAX_MEMBERS)}}]}`));
  await assert.rejects(parse(`{"a": [{${names(MAX_MEMBERS + 1)}}]}`), {
    ...tooLarge,
    message: /members in one object/,
  });
  await assert.rejects(parse(`{"a": [[${'{"b":1},'.repeat(MAX_CONTAINERS)}1]]}`), {
    ...tooLarge,
    message: /in one event/,
  });
  assert.ok(await parse(`{"a": [${'{"b":1},'.repeat(90_000)}1]}`), 'many small events are no large one');
});

test('a body nested deeper than the limit is refused, however small', async () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  assert.ok(await parse(nested(MAX_BODY_DEPTH), MAX_BODY_DEPTH));
  await assert.rejects(parse(nested(MAX_BODY_DEPTH + 1), MAX_BODY_DEPTH), {
    code: 'InvalidBodyError',
    message: /more than 128 levels/,
  });
});
