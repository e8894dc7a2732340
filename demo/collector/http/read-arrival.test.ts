import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { readArrival } from './read-arrival.ts';

const arrival = (ip: string, headers: object) =>
  readArrival({ ip, headers } as FastifyRequest, { now: () => 5, locate: undefined });

test('an IPv4 address stays one on a dual-stack socket', () => {
  for (const [ip, expected] of [
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:1', '::ffff:1'],
  ]) {
    assert.equal(arrival(ip!, {}).ip, expected);
  }
});

test('a missing User-Agent is empty, and a long one is truncated', () => {
  assert.equal(arrival('::1', {}).userAgent, '');
  assert.equal(arrival('::1', { 'user-agent': 'x'.repeat(1_001) }).userAgent.length, 1_000);
});
