import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeEvent } from '../../testing/event.ts';
import { openCatalogue } from './catalogue.ts';
import { TABLES } from './tables.ts';

const KEEN = [
  ['keen.timestamp', 'datetime'],
  ['keen.created_at', 'datetime'],
  ['keen.id', 'string'],
];

async function open() {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(TABLES);
  const { schema, findNew, add } = await openCatalogue(connection);
  const newIn = (...events: object[]) => findNew(events.map((event) => makeEvent('a', event, 0)));
  return { newIn, add, types: () => [...(schema().get('a') ?? [])] };
}

test('the schema has the types of all properties, nested ones by their path', async () => {
  const { newIn, add, types } = await open();
  add(newIn({ a: 1, b: { c: 'x', d: { e: true } }, f: [1], g: null, h: {}, keen: {} }));
  assert.deepEqual(types(), [
    ['a', 'num'],
    ['b.c', 'string'],
    ['b.d.e', 'bool'],
    ['f', 'array'],
    ['g', 'null'],
    ...KEEN,
  ]);
});

test('the first type of a property stays, unless it is null', async () => {
  const { newIn, add } = await open();
  const newTypes = (...events: object[]) => newIn(...events).map(({ path, type }) => `${path} ${type}`);
  add(newIn({ a: 1, b: null, c: { d: 1 } }));
  assert.deepEqual(newTypes({ a: 'x', b: null, c: { d: null } }), []);
  // A property can hold a value in one event and an object in the next.
  assert.deepEqual(newTypes({ a: { b: 1 }, b: 'x', c: 1 }), ['a.b num', 'b string', 'c num']);
  // The same holds within one group.
  assert.deepEqual(newTypes({ x: null }, { x: 1 }, { x: 'y' }), ['x num']);
});

test('a property can have any name, such as __proto__', async () => {
  const { newIn, add, types } = await open();
  const odd = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "hasOwnProperty": {"__proto__": 3}}') as object;
  add(newIn(odd));
  assert.deepEqual(types().slice(0, 3), [
    ['__proto__.x', 'num'],
    ['constructor', 'num'],
    ['hasOwnProperty.__proto__', 'num'],
  ]);
  assert.deepEqual(newIn(odd), []);
});

test('the schema stops growing at its limit, and keeps the properties that it has', async () => {
  const { newIn, add, types } = await open();
  const names = (from: number) =>
    Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`p${from + index}`, 1]));
  const flood = (from: number) => Array.from({ length: 100 }, (_, index) => names(from + index * 600));
  add(newIn(...flood(0)));
  add(newIn(...flood(60_000)));
  assert.equal(types().length, 100_000);
  assert.equal(newIn({ late: 1 }).length, 0);
  assert.equal(newIn({ [`${'x'.repeat(250)}`]: { ['y'.repeat(250)]: { ['z'.repeat(250)]: 1 } } }).length, 0);
});
