import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, judge, type Rejection, type Verdict } from './batch.ts';
import type { Entry } from './event.ts';
import type { Answer } from './transport.ts';

/** A batch with one event for each collection; their JSON is `{"n":1}`, `{"n":2}` … */
const makeBatch = (...collections: string[]): Entry[] =>
  collections.map((collection, index) => [`id${index}`, collection, `{"n":${index + 1}}`]);

/** The verdict for each entry of a batch. */
const judgeAll = (batch: Entry[], answer: Answer) =>
  batch.map((entry, index) => judge(entry, encode(batch)._indexes[index]!, answer));

const BODIES: [name: string, collections: string[], body: string][] = [
  ['an empty batch', [], '{}'],
  ['one event', ['a'], '{"a":[{"n":1}]}'],
  ['several events of a collection, in order', ['a', 'a', 'a'], '{"a":[{"n":1},{"n":2},{"n":3}]}'],
  [
    'several collections, each with its events in order',
    ['b', 'a', 'b', 'a'],
    '{"b":[{"n":1},{"n":3}],"a":[{"n":2},{"n":4}]}',
  ],
  ['quotes and a backslash in a name', ['say "a"', 'a\\b'], '{"say \\"a\\"":[{"n":1}],"a\\\\b":[{"n":2}]}'],
  [
    'names of properties that all objects have',
    ['constructor', 'toString'],
    '{"constructor":[{"n":1}],"toString":[{"n":2}]}',
  ],
  ['__proto__ as a collection', ['a', '__proto__', '__proto__'], '{"a":[{"n":1}],"__proto__":[{"n":2},{"n":3}]}'],
];

for (const [name, collections, body] of BODIES) {
  test(`encodes ${name}`, () => {
    assert.equal(encode(makeBatch(...collections))._text, body);
  });
}

test('inserts the JSON of the entries as it is', () => {
  assert.equal(encode([['id', 'a', '{"price": 1.0,"text":"€"}']])._text, '{"a":[{"price": 1.0,"text":"€"}]}');
});

const success = { success: true };
const failure = (name?: unknown) => ({ success: false, error: { name, description: 'text' } });
const rejection = (collection: string, status: number, error: unknown): Rejection => ({ collection, status, error });

const FINAL_NAMES = [
  'InvalidCollectionNameError',
  'InvalidPropertyNameError',
  'InvalidPropertyValueError',
  'InvalidEventError',
  'InvalidKeenNamespaceProperty',
  'NamespaceTypeError',
  'ListsOfNonPrimitivesNotAllowedError',
];

/** No error names, error names that a retry can fix, and values that are not strings. */
const TEMPORARY_NAMES = [
  'ServerError',
  'InvalidApiKeyError',
  'NotAnInvalidEventError',
  'invalideventerror',
  '',
  undefined,
  null,
  42,
  ['InvalidEventError'],
  { name: 'InvalidEventError' },
];

for (const name of FINAL_NAMES) {
  test(`200 with ${name} rejects the event and delivers the others`, () => {
    const answer = { status: 200, body: { a: [success, failure(name), success] }, _keepalive: false };
    assert.deepEqual(judgeAll(makeBatch('a', 'a', 'a'), answer), ['delivered', rejection('a', 200, name), 'delivered']);
  });
}

for (const name of TEMPORARY_NAMES) {
  test(`200 with the error name ${JSON.stringify(name)} keeps the event and delivers the others`, () => {
    const answer = { status: 200, body: { a: [success, failure(name), success] }, _keepalive: false };
    assert.deepEqual(judgeAll(makeBatch('a', 'a', 'a'), answer), ['delivered', undefined, 'delivered']);
  });
}

/** The batch of the table below: events of two collections, mixed. */
const BATCH = makeBatch('a', 'b', 'a');
const ALL_DELIVERED: Verdict[] = ['delivered', 'delivered', 'delivered'];
const ALL_RETRY: Verdict[] = [undefined, undefined, undefined];
const allRejected = (status: number, error: unknown) =>
  ['a', 'b', 'a'].map((collection) => rejection(collection, status, error));

/** Bodies that say nothing about any event. */
const USELESS_BODIES: unknown[] = [
  undefined,
  null,
  [],
  [success, success, success],
  'a',
  '',
  42,
  true,
  {},
  { message: 'Not here' },
  { a: null, b: null },
  { a: 'text', b: 'text' },
  { a: 7, b: true },
  { a: { success: true }, b: { success: true } },
  { a: [null, null], b: [undefined] },
  { a: [true, 'success'], b: [1] },
  { a: [[], []], b: [[]] },
  { a: [{}, {}], b: [{}] },
  { a: [{ success: 'true' }, { success: 1 }], b: [{ success: {} }] },
  { a: [{ error: null }, { error: 'InvalidEventError' }], b: [{ error: [] }] },
];

const VERDICTS: [status: number, body: unknown, verdicts: Verdict[]][] = [
  [200, { a: [success, success], b: [success] }, ALL_DELIVERED],
  [200, { b: [success], a: [success, success], c: [failure('InvalidEventError')] }, ALL_DELIVERED],
  [200, { a: [success, success] }, ['delivered', undefined, 'delivered']],
  [200, { a: [success], b: [success] }, ['delivered', 'delivered', undefined]],
  [200, { a: [], b: [success] }, [undefined, 'delivered', undefined]],
  [200, { a: [failure('ServerError'), success], b: [success] }, [undefined, 'delivered', 'delivered']],
  [200, { a: [null, success], b: 'text' }, [undefined, undefined, 'delivered']],
  [
    200,
    { a: [failure('InvalidEventError'), success], b: [failure('NamespaceTypeError')] },
    [rejection('a', 200, 'InvalidEventError'), rejection('b', 200, 'NamespaceTypeError'), 'delivered'],
  ],
  [200, { error_code: 'InvalidBatchError', message: 'no' }, ALL_RETRY],
  [201, undefined, ALL_DELIVERED],
  [201, { created: true }, ALL_DELIVERED],
  [201, 'text', ALL_DELIVERED],
  [201, { a: [failure('ServerError')] }, ALL_DELIVERED],
  [400, { error_code: 'InvalidBatchError', message: 'no' }, allRejected(400, 'InvalidBatchError')],
  [400, { error_code: '', message: 'no' }, ALL_RETRY],
  [413, { error_code: 'RequestTooLargeError', message: 'no' }, allRejected(413, 'RequestTooLargeError')],
  [413, { message: 'no' }, allRejected(413, undefined)],
  [413, undefined, allRejected(413, undefined)],
  [413, null, allRejected(413, undefined)],
  [413, '<html>', allRejected(413, undefined)],
  ...[401, 402, 403, 404, 408, 429, 500, 502, 503].map((status): [number, unknown, Verdict[]] => [
    status,
    { error_code: 'SomeError', message: 'no' },
    ALL_RETRY,
  ]),
];

for (const [status, body, verdicts] of VERDICTS) {
  test(`${status} with ${JSON.stringify(body)}`, () => {
    assert.deepEqual(judgeAll(BATCH, { status, body, _keepalive: false }), verdicts);
  });
}

for (const status of [0, 200, 204, 304, 400, 401, 404, 500]) {
  test(`${status} with a body that says nothing about the events keeps all of them`, () => {
    for (const body of USELESS_BODIES) {
      const verdicts = judgeAll(BATCH, { status, body, _keepalive: false });
      assert.deepEqual(verdicts, ALL_RETRY, JSON.stringify(body));
    }
  });
}

test('verdicts of collections with names that all objects have', () => {
  const batch = makeBatch('__proto__', 'constructor', '__proto__', 'length');
  const body = JSON.parse('{"__proto__":[{"success":true},{"success":false}],"constructor":[{"success":true}]}');
  const judgeBody = (body: unknown) => judgeAll(batch, { status: 200, body, _keepalive: false });
  assert.deepEqual(judgeBody(body), ['delivered', 'delivered', undefined, undefined]);
  for (const useless of [{}, [], 'text'])
    assert.deepEqual(judgeBody(useless), [undefined, undefined, undefined, undefined]);
});

test('an answer for an empty batch has no verdicts', () => {
  assert.deepEqual(judgeAll([], { status: 413, _keepalive: false }), []);
});
