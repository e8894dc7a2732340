import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIn, isLoopback, listenAddress } from './address.ts';

test('an address matches a range in any spelling', () => {
  const inside = isIn(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7', 'loopback']);
  for (const address of [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '2001:db8:1::1',
    '192.0.2.7',
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
  ])
    assert.ok(inside(address), address);
  for (const address of [
    '11.0.0.1',
    '192.0.2.8',
    '2001:db9::1',
    '::2',
    '',
    'unknown',
    '10.1.2.3, 127.0.0.1',
    undefined,
  ])
    assert.ok(!inside(address), address);
  assert.ok(!isLoopback('0.0.0.0') && !isLoopback('::'), 'these are all interfaces');
});

test('plain HTTP is allowed on loopback only', async () => {
  assert.equal(await listenAddress('localhost', false), '127.0.0.1');
  assert.equal(await listenAddress('127.0.0.2', false), '127.0.0.2');
  assert.equal(await listenAddress('::1', false), '::1');
  for (const host of ['0.0.0.0', '::', '192.0.2.7']) {
    await assert.rejects(listenAddress(host, false), {
      name: 'SettingsError',
      message: /plain HTTP.*TLS_CERT.*TLS_SELF_MADE.*BEHIND_PROXY/,
    });
    assert.equal(await listenAddress(host, true), host);
  }
});
