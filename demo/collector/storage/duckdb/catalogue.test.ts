import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeEvent } from '../../testing/event.ts';
import { MAX_COLLECTION_PROPERTIES, MAX_COLLECTIONS, MAX_NEW_COLLECTIONS } from '../schema-shares.ts';
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
  const clock = { now: Date.UTC(2024, 4, 15) };
  const { schema, findNew, add, insert, drop } = await openCatalogue(connection, () => clock.now);
  const newIn = (...events: object[]) => findNew(events.map((event) => makeEvent('a', event, 0)));
  /** Stores one event of each of these collections. */
  const store = async (...names: string[]) => {
    const change = await findNew(names.map((name) => makeEvent(name, { n: 1 }, 0)));
    add(change);
    return change;
  };
  return { newIn, add, insert, drop, store, clock, connection, schema, types: () => [...(schema().get('a') ?? [])] };
}

test('the schema has the types of all properties, nested ones by their path', async () => {
  const { newIn, add, types } = await open();
  add(await newIn({ a: 1, b: { c: 'x', d: { e: true } }, f: [1], g: null, h: {}, keen: {} }));
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
  const newTypes = async (...events: object[]) =>
    (await newIn(...events)).properties.map(({ path, type }) => `${path} ${type}`);
  add(await newIn({ a: 1, b: null, c: { d: 1 } }));
  assert.deepEqual(await newTypes({ a: 'x', b: null, c: { d: null } }), []);
  // A property can hold a value in one event and an object in the next.
  assert.deepEqual(await newTypes({ a: { b: 1 }, b: 'x', c: 1 }), ['a.b num', 'b string', 'c num']);
  // The same holds within one group.
  assert.deepEqual(await newTypes({ x: null }, { x: 1 }, { x: 'y' }), ['x num']);
});

test('a property can have any name, such as __proto__', async () => {
  const { newIn, add, types } = await open();
  const odd = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "hasOwnProperty": {"__proto__": 3}}') as object;
  add(await newIn(odd));
  assert.deepEqual(types().slice(0, 3), [
    ['__proto__.x', 'num'],
    ['constructor', 'num'],
    ['hasOwnProperty.__proto__', 'num'],
  ]);
  assert.deepEqual((await newIn(odd)).properties, []);
});

test('a collection stops growing at its share, and others still grow', async () => {
  const { newIn, add, types, store, schema } = await open();
  const names = (from: number) =>
    Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`p${from + index}`, 1]));
  add(await newIn(...Array.from({ length: 20 }, (_, index) => names(index * 600))));
  assert.equal(types().length, MAX_COLLECTION_PROPERTIES);
  assert.equal((await newIn({ late: 1 })).properties.length, 0);
  await store('b');
  assert.equal(schema().get('b')!.size, 1 + KEEN.length);
});

test('a path over 512 characters is not in the schema', async () => {
  const { newIn } = await open();
  const long = { [`${'x'.repeat(250)}`]: { ['y'.repeat(250)]: { ['z'.repeat(250)]: 1 } } };
  assert.equal((await newIn(long)).properties.length, KEEN.length);
});

test('new collections have a limit for each day, and one that is used gets in all the same', async () => {
  const { store, schema, clock, connection, insert } = await open();
  const flood = (day: number) => Array.from({ length: 5_000 }, (_, n) => `flood ${day} ${n}`);
  await store('honest', 'honest', 'honest');
  await store(...flood(1));
  assert.equal(schema().size, MAX_NEW_COLLECTIONS);
  await store('new');
  assert.equal(schema().has('new'), false);
  const change = await store('new');
  assert.ok(schema().has('new'), 'its second event is more than the flood has');
  assert.equal(change.replaced.length, 1);
  await insert(connection, change);
  assert.equal(schema().size, MAX_NEW_COLLECTIONS);
  assert.ok(schema().has('honest'));

  for (let day = 2; day <= 10; day++) {
    clock.now += 86_400_000;
    await store(...flood(day));
  }
  assert.equal(schema().size, MAX_COLLECTIONS);
  await store('late', 'late');
  assert.deepEqual([schema().size, schema().has('late'), schema().has('new')], [MAX_COLLECTIONS, true, true]);
});

test('many properties of few collections leave room for the first ones of each other collection', async () => {
  const { add, newIn, store, schema, clock, drop, connection, types } = await open();
  const wide = (from: number) => Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`p${from + n}`, 1]));
  const fill = async () => add(await newIn(...Array.from({ length: 12 }, (_, n) => wide(n * 900))));
  await fill();
  const full = types().length;
  assert.equal(full, MAX_COLLECTION_PROPERTIES);
  clock.now += 86_400_000;
  await store('b');
  assert.equal(schema().get('b')!.size, 1 + KEEN.length);
  await drop(connection, 'a');
  assert.equal(schema().has('a'), false);
  await fill();
  assert.equal(types().length, full, 'a removed collection leaves its room');
});
