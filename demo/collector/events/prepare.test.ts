import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewEvent } from '../model/event.ts';
import { arriving } from '../testing/arrival.ts';
import { prepare } from './prepare.ts';

const NOW = Date.parse('2024-05-15T13:45:30.500Z');

function prepared(event: object, now = NOW): NewEvent & { stored: Record<string, any> } {
  const outcome = prepare('things', event, arriving(now));
  if ('problem' in outcome) throw new Error(outcome.problem.name);
  return { ...outcome.event, stored: JSON.parse(outcome.event.json) };
}

test('an event gets an id and its time of arrival', () => {
  const { stored, timestamp, createdAt, id, token } = prepared({ a: 1 });
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.deepEqual(stored, {
    a: 1,
    keen: { timestamp: '2024-05-15T13:45:30.500Z', created_at: '2024-05-15T13:45:30.500Z', id },
  });
  assert.equal(timestamp, NOW);
  assert.equal(createdAt, NOW);
  assert.equal(token, undefined);
  assert.notEqual(prepared({ a: 1 }).id, id);
});

test("the client's timestamp is kept, in UTC; its id and created_at are not", () => {
  const { stored, timestamp } = prepared({
    a: 1,
    keen: {
      timestamp: '2024-01-01T01:00:00+02:00',
      id: 'mine',
      created_at: '1999-01-01',
      uniqueness_token: 't',
      location: { coordinates: [1, 2] },
    },
  });
  assert.equal(stored.keen.timestamp, '2023-12-31T23:00:00.000Z');
  assert.equal(timestamp, Date.parse('2023-12-31T23:00:00Z'));
  assert.match(stored.keen.id, /^[0-9a-f]{24}$/);
  assert.equal(stored.keen.created_at, '2024-05-15T13:45:30.500Z');
  assert.equal(stored.keen.uniqueness_token, 't');
  assert.deepEqual(stored.keen.location, { coordinates: [1, 2] });
});

test('keen.addons is not stored', () => {
  const { stored, properties } = prepared({
    a: '2024-05-01',
    keen: { addons: [{ name: 'keen:date_time_parser', input: { date_time: 'a' }, output: 'b' }] },
  });
  assert.equal('addons' in stored.keen, false);
  assert.equal(stored.b.month, 5);
  assert.deepEqual(properties, stored);
});

test('a property can be named __proto__', () => {
  const { json } = prepared(JSON.parse('{"__proto__": {"x": 1}}'));
  assert.match(json, /^\{"__proto__":\{"x":1\},/);
});

test('a lone surrogate becomes U+FFFD, and text that only looks like one stays', () => {
  const { json, stored } = prepared(
    JSON.parse('{"a": "x\\ud800y", "\\udfff": 1, "b": "\\\\ud800", "c": "\\ud83d\\ude00"}'),
  );
  assert.doesNotMatch(json.replace('\\\\ud800', ''), /\\ud/);
  assert.equal(stored.a, 'x\ufffdy');
  assert.equal(stored['\ufffd'], 1);
  assert.equal(stored.b, '\\ud800');
  assert.equal(stored.c, '😀');
});

test('an event has at most 900,000 bytes', () => {
  const strings = Array.from({ length: 90 }, () => 'x'.repeat(9_990));
  const size = (event: object) => Buffer.byteLength(JSON.stringify(event));
  const padding = 900_000 - size({ list: strings, pad: '' });
  const fits = { list: strings, pad: 'p'.repeat(padding) };
  assert.equal(size(fits), 900_000);
  assert.ok('event' in prepare('things', fits, arriving(NOW)));
  const outcome = prepare('things', { list: strings, pad: 'p'.repeat(padding + 1) }, arriving(NOW));
  assert.equal('problem' in outcome && outcome.problem.name, 'InvalidEventError');
});

test('ids are unique, within a second and across seconds', () => {
  const ids = new Set(Array.from({ length: 10_000 }, (_, index) => prepared({ a: 1 }, NOW + (index % 3) * 1_000).id));
  assert.equal(ids.size, 10_000);
});

test('a token with a lone surrogate is the same as the one that is stored', () => {
  const token = (text: string) => {
    const prepared = prepare('things', { a: 1, keen: { uniqueness_token: text } }, arriving(0));
    assert.ok('event' in prepared);
    const { keen } = JSON.parse(prepared.event.json) as { keen: { uniqueness_token: string } };
    assert.equal(prepared.event.token, keen.uniqueness_token);
    return prepared.event.token;
  };
  assert.equal(token('a\ud800b'), 'a\ufffdb');
  assert.equal(token('a😀b'), 'a😀b');
});

test('an offset cannot lead out of the years 0000 to 9999', () => {
  for (const timestamp of ['0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-00:01']) {
    const prepared = prepare('things', { a: 1, keen: { timestamp } }, arriving(0));
    assert.ok('problem' in prepared && prepared.problem.name === 'InvalidPropertyValueError', timestamp);
  }
});
