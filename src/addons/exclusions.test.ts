import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExclusionOptions, exclusions } from './exclusions.ts';

/** Why a page at this address does not count. */
function reasonAt(address: string, options: ExclusionOptions = {}, isFramed = false) {
  const { hostname, pathname, origin } = new URL(address);
  const self = {};
  Object.assign(globalThis, { window: { origin }, location: { hostname, pathname }, self, top: isFramed ? {} : self });
  return exclusions(options)();
}

const quietly = (run: () => void) => {
  const { info } = console;
  console.info = () => {};
  try {
    run();
  } finally {
    console.info = info;
  }
};

test('files, loopback, private and link-local addresses do not count, unless they are wanted', () => {
  quietly(() => {
    for (const address of [
      'file:///home/page.html',
      'http://localhost',
      'http://localhost:8080',
      'http://shop.localhost',
      'http://127.0.0.1',
      'http://127.8.9.1:3000',
      'http://10.0.0.1',
      'http://192.168.1.1',
      'http://172.16.0.1',
      'http://172.31.255.1',
      'http://169.254.1.1',
      'http://[::1]',
      'http://[fe80::1]',
      'http://[fc00::1]',
      'http://[fd12:3456::1]',
      'http://printer.local',
    ]) {
      assert.equal(reasonAt(address), 'local', address);
      assert.equal(reasonAt(address, { local: true }), false, address);
    }
  });
});

test('addresses and names that only look like those count', () => {
  for (const address of [
    'https://shop.example',
    'https://localhost.example',
    'https://local.example',
    'https://127.example',
    'https://10.example',
    'https://10things.example',
    'http://11.0.0.1',
    'http://172.32.0.1',
    'http://172.15.0.1',
    'http://192.169.0.1',
    'https://shop.locale',
    'http://[2001:db8::1]',
    'https://fc.example',
    'https://shop.localhosting.example',
  ]) {
    assert.equal(reasonAt(address), false, address);
  }
});

test('the first reason is the one: frames, local, hosts, exclude', () => {
  quietly(() => {
    const options = { hosts: ['shop.example'], exclude: ['/admin/*'] };
    assert.equal(reasonAt('http://localhost/admin/x', options, true), 'frames');
    assert.equal(reasonAt('http://localhost/admin/x', { ...options, frames: true }, true), 'local');
    assert.equal(reasonAt('https://www.shop.example/admin/x', options), 'hosts');
    assert.equal(reasonAt('https://shop.example/admin/x', options), 'exclude');
    assert.equal(reasonAt('https://shop.example/admin/x/y', options), false);
  });
});
