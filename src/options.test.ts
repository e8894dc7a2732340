import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTracker, type Tracker, type TrackerOptions } from './index.ts';

const make = (options: object): Tracker => createTracker({ projectId: 'shop', writeKey: 'write_good', ...options } as TrackerOptions);

const REFUSED: [option: string, value: unknown][] = [
  ['projectId', ''],
  ['projectId', undefined],
  ['projectId', 'a/b'],
  ['projectId', '..'],
  ['projectId', 'a?b'],
  ['projectId', 'a b'],
  ['projectId', '%2e%2e'],
  ['endpoint', 'http://collector.example'],
  ['endpoint', 'http://localhost.example'],
  ['endpoint', 'http://127.0.0.1.example'],
  ['endpoint', 'http://127000000001'],
  ['endpoint', 'ftp://collector.example'],
  ['endpoint', 'collector.example'],
  ['endpoint', '/collect'],
  ['endpoint', ''],
  ['endpoint', 'https://user:secret@collector.example'],
  ['endpoint', 'https://collector.example?api_key=c0ffee'],
  ['endpoint', 'https://collector.example/#top'],
  ['endpoint', 'https://collector.example\n'],
  ['scheme', 'Bearer\r\nX-Injected:'],
  ['flushInterval', -1],
  ['flushInterval', '5s'],
  ['maxBatch', 0],
  ['maxBatch', NaN],
  ['maxQueue', Infinity],
  ['maxAge', '30 days'],
  ['durability', 'eventual'],
  ['consent', 'denyed'],
  ['consent', true],
];

for (const [option, value] of REFUSED) {
  test(`refuses ${option} ${JSON.stringify(value)}`, () => {
    assert.throws(() => make({ [option]: value }), { name: 'TypeError', message: new RegExp(`^mailslot: ${option} must match `) });
  });
}

test('takes what works', () => {
  for (const endpoint of [
    'https://api.keen.io',
    'https://shop.example/collect/',
    'http://localhost',
    'http://localhost:8080/path',
    'http://demo.localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'https://collector.example:8443',
  ]) {
    make({ endpoint });
  }
  make({ projectId: '5f1a0c9e8b7d6a5f4e3d2c1b', scheme: '', flushInterval: 0, maxBatch: 1, maxQueue: 5, maxAge: 1000, durability: 'strict', consent: 'pending' });
});

test('a misspelt consent is refused later too', async () => {
  const tracker = make({});
  await assert.rejects(tracker.setConsent('denyed' as never), { name: 'TypeError' });
});

test('on a server a tracker takes events and drops them, silently', async (context) => {
  const warn = context.mock.method(console, 'warn');
  const tracker = make({});
  assert.equal(await tracker.track('purchases', { item: 'stamp' }), 'dropped');
  await tracker.setConsent('granted');
  assert.equal(await tracker.track('purchases', { item: 'stamp' }), 'dropped');
  await tracker.setConsent('denied');
  assert.deepEqual(await tracker.flush(), { delivered: 0, kept: 0, givenUp: 0 });
  assert.equal(await tracker.pending(), 0);
  await tracker.close();
  assert.equal(warn.mock.callCount(), 0);
});
