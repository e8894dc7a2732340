import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printEvents } from './print.ts';
import { addSchemaType, addValue, emptyShape } from './shape.ts';

/** The members of the interface for these collections. */
function membersOf(collections: Record<string, { events: unknown[]; schema?: Record<string, string> }>): string {
  const shapes = Object.entries(collections).map(([name, { events, schema = {} }]) => {
    const shape = emptyShape();
    for (const event of events) addValue(shape, event);
    for (const [path, type] of Object.entries(schema)) addSchemaType(shape, path.split('.'), type);
    return [name, shape] as const;
  });
  const [, members] = /export interface Events \{\n([^]*)\}\n$/.exec(printEvents(new Map(shapes)))!;
  return members!;
}

test('properties are required, optional, of several types, nested, and lists', () => {
  const events = [
    { item: 'stamp', price: 1, place: { city: 'Bonn', zip: null }, tags: ['a', 1], odd: [] },
    { item: 'stamp', price: '1', place: { city: 'Bonn' }, tags: [], gift: true, odd: [] },
  ];
  assert.equal(
    membersOf({ purchases: { events } }),
    `  purchases: {
    gift?: boolean;
    item: string;
    odd: unknown[];
    place: {
      city: string;
      zip?: null;
    };
    price: string | number;
    tags: (string | number)[];
  };
`,
  );
});

test('an object beside another type, lists of lists, and empty objects', () => {
  assert.equal(
    membersOf({
      a: {
        events: [
          { x: 1, y: [[1], ['a']], z: {} },
          { x: { b: 1 }, y: [null], z: {} },
        ],
      },
    }),
    `  a: {
    x: number | {
      b: number;
    };
    y: (null | (string | number)[])[];
    z: Record<string, never>;
  };
`,
  );
});

test('what only the schema knows is optional; a type that the events contradict is one of several', () => {
  const schema = { price: 'num', old: 'bool', 'place.city': 'string', list: 'array' };
  assert.equal(
    membersOf({ a: { events: [{ price: '1' }], schema } }),
    `  a: {
    list?: unknown[];
    old?: boolean;
    place?: {
      city?: string;
    };
    price: string | number;
  };
`,
  );
});

test('names that are no identifiers are in quotes', () => {
  const event = JSON.parse(
    '{"__proto__": 1, "a b": 1, "it\'s": 1, "1": 1, "\\"": 1, "\\\\": 1, "a\\nb\\u2028": 1, "ü": 1, "class": 1}',
  );
  assert.equal(
    membersOf({ 'page views': { events: [event] } }),
    `  'page views': {
    '"': number;
    '1': number;
    '\\\\': number;
    __proto__: number;
    'a\\nb\\u2028': number;
    'a b': number;
    class: number;
    'it\\'s': number;
    'ü': number;
  };
`,
  );
});

test('collections and properties are in the order of their names', () => {
  assert.equal(
    membersOf({ b: { events: [{ x: 1 }] }, a: { events: [{ x: 1 }] } })
      .match(/^ {2}\w/gm)!
      .join(),
    '  a,  b',
  );
});
