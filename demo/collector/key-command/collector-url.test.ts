import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectorUrl } from './collector-url.ts';

const local = { host: '127.0.0.1', port: 8080, tls: false };

test('without --url the URL is on this machine, and follows from the settings', () => {
  assert.equal(collectorUrl(undefined, local), 'http://127.0.0.1:8080');
  assert.equal(collectorUrl(undefined, { host: '0.0.0.0', port: 1, tls: true }), 'https://127.0.0.1:1');
  assert.equal(collectorUrl(undefined, { host: '::', port: 2, tls: false }), 'http://[::1]:2');
  assert.equal(
    collectorUrl(undefined, { host: 'collector.example', port: 3, tls: true }),
    'https://collector.example:3',
  );
});

test('the Master key travels unencrypted on this machine only', () => {
  for (const url of [
    'https://collector.example',
    'https://collector.example/below',
    'http://localhost:1',
    'http://127.0.0.1:8080',
    'http://127.1.2.3',
    'http://[::1]:8',
  ]) {
    assert.equal(collectorUrl(`${url}/`, local), url);
  }
  for (const url of [
    'http://collector.example',
    'http://10.0.0.1',
    'http://127.0.0.1.example',
    'http://localhost.example',
  ]) {
    assert.throws(() => collectorUrl(url, local), /must be https:/, url);
  }
  for (const url of [
    'nowhere',
    'ftp://127.0.0.1',
    'https://user:secret@collector.example',
    'https://collector.example/?key=secret',
  ]) {
    assert.throws(
      () => collectorUrl(url, local),
      (error: Error) => /--url must be the collector/.test(error.message) && !error.message.includes('secret'),
      url,
    );
  }
});
