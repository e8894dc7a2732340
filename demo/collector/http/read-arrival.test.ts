import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { readArrival } from './read-arrival.ts';

const arrival = (ip: string, headers: object) =>
  readArrival({ ip, headers, access: { options: {} } } as unknown as FastifyRequest, {
    now: () => 5,
    locate: undefined,
  });

test('an IPv4 address is written as IPv4, even from an IPv6 socket', () => {
  for (const [ip, written] of [
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:1', '::ffff:1'],
  ]) {
    assert.equal(arrival(ip!, {}).ip, written);
  }
});

test('a text of a proxy that is no address is not stored as one', () => {
  for (const text of ['unknown', `write_${'5e0f'.repeat(12)}`, '', '1.2.3', '1.2.3.4.5', '::ffff:1.2.3', '[x]:1'])
    assert.equal(arrival(text, {}).ip, '');
});

test('a User-Agent can be missing, and a long one is cut', () => {
  assert.equal(arrival('::1', {}).userAgent, '');
  assert.equal(arrival('::1', { 'user-agent': 'x'.repeat(1_001) }).userAgent.length, 1_000);
});
