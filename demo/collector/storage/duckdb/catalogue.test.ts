import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { prepare } from '../../events/prepare.ts';
import { arriving } from '../../testing/arrival.ts';
import { catalogue } from './catalogue.ts';
import { TABLES } from './tables.ts';

const KEEN = [
  ['keen.timestamp', 'datetime'],
  ['keen.created_at', 'datetime'],
  ['keen.id', 'string'],
];

async function open() {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(TABLES);
  const { schema, unknown, learn } = await catalogue(connection);
  const see = (...events: object[]) =>
    unknown(
      events.map((event) => {
        const outcome = prepare('a', event, arriving(0));
        if ('problem' in outcome) throw new Error(outcome.problem.description);
        return outcome.event;
      }),
    );
  return { see, learn, types: () => [...(schema().get('a') ?? [])] };
}

test('the types of all properties are found, the inner ones by their path', async () => {
  const { see, learn, types } = await open();
  learn(see({ a: 1, b: { c: 'x', d: { e: true } }, f: [1], g: null, h: {}, keen: {} }));
  assert.deepEqual(types(), [
    ['a', 'num'],
    ['b.c', 'string'],
    ['b.d.e', 'bool'],
    ['f', 'array'],
    ['g', 'null'],
    ...KEEN,
  ]);
});

test('only what is new is learned: the first type stays, but for null', async () => {
  const { see, learn } = await open();
  const news = (...events: object[]) => see(...events).map(({ path, type }) => `${path} ${type}`);
  learn(see({ a: 1, b: null, c: { d: 1 } }));
  assert.deepEqual(news({ a: 'x', b: null, c: { d: null } }), []);
  // A place can hold a value in one event and an object in the next.
  assert.deepEqual(news({ a: { b: 1 }, b: 'x', c: 1 }), ['a.b num', 'b string', 'c num']);
  // Within one group too.
  assert.deepEqual(news({ x: null }, { x: 1 }, { x: 'y' }), ['x num']);
});

test('names that JavaScript gives a meaning are names like any other', async () => {
  const { see, learn, types } = await open();
  const odd = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "hasOwnProperty": {"__proto__": 3}}') as object;
  learn(see(odd));
  assert.deepEqual(types().slice(0, 3), [
    ['__proto__.x', 'num'],
    ['constructor', 'num'],
    ['hasOwnProperty.__proto__', 'num'],
  ]);
  assert.deepEqual(see(odd), []);
});

test('a flood of invented names ends at a limit, and what was known before is known still', async () => {
  const { see, learn, types } = await open();
  const names = (from: number) =>
    Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`p${from + index}`, 1]));
  const flood = (from: number) => Array.from({ length: 100 }, (_, index) => names(from + index * 600));
  learn(see(...flood(0)));
  learn(see(...flood(60_000)));
  assert.equal(types().length, 100_000);
  assert.equal(see({ late: 1 }).length, 0);
  assert.equal(see({ [`${'x'.repeat(250)}`]: { ['y'.repeat(250)]: { ['z'.repeat(250)]: 1 } } }).length, 0);
});
