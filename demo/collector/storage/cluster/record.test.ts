import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent } from '../../testing/event.ts';
import { partitionOf } from './partition.ts';
import { decodeEntry, encodeEvent, encodeEvents } from './record.ts';

const odd = ['a\nb', '\u2028', '"', '\\n', '\u0000', 'ä', '🦆', 'x'.repeat(64)];

test('events come out of a record as they went in, whatever their texts hold', () => {
  const events = odd.map((text) => makeEvent('c', { text, keen: { uniqueness_token: text } }, 7));
  const entry = decodeEntry(encodeEvents(events.map(encodeEvent), [['c', 'text', 'string']]));
  assert.equal(entry.kind, 'events');
  assert.deepEqual(entry.properties, [['c', 'text', 'string']]);
  assert.deepEqual(
    entry.events.map(({ quoted, ...event }) => ({ ...event, json: JSON.parse(quoted) as string })),
    events.map(({ properties: _, ...event }) => event),
  );
});

test('an event without a token stays without one', () => {
  const entry = decodeEntry(encodeEvents([encodeEvent(makeEvent('c', { x: 1 }, 7))], []));
  assert.equal(entry.kind === 'events' && entry.events[0]!.token, undefined);
});

test('all events of a page share a partition, and so do all sends of a token', () => {
  const page = (nonce: string, number: number) => `0123456ab-${nonce}-${number.toString(36).padStart(9, '0')}`;
  const at = (collection: string, token?: string) =>
    partitionOf(makeEvent(collection, { x: 1, keen: { uniqueness_token: token ?? null } }, 7), 6);
  assert.equal(at('a', page('12345', 1)), at('b', page('12345', 77)));
  assert.equal(at('a', 'x'), at('a', 'x'));
  const used = new Set(Array.from({ length: 200 }, (_, index) => at('a', page(String(10_000 + index), 1))));
  assert.deepEqual([...used].sort(), [0, 1, 2, 3, 4, 5]);
  assert.ok(new Set(Array.from({ length: 100 }, () => at('a'))).size > 3, 'events without a token are spread');
});

test('the partition of a token never changes', () => {
  // A change would look for repeats in the wrong partition.
  const tokens = ['a', 'b', '0123456ab-79228162514264337593543950335-000000001', 'ä🦆'];
  const partitions = tokens.map((token) =>
    partitionOf(makeEvent('c', { x: 1, keen: { uniqueness_token: token } }, 7), 64),
  );
  assert.deepEqual(partitions, [3, 42, 9, 23]);
});
