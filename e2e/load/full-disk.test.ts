import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/paths.ts';
import { startCollector } from './collector.ts';
import { compare, sendAgain } from './compare.ts';
import { drive } from './drive.ts';
import { eventSource } from './events.ts';

/** The largest file that the system allows, in bytes. To DuckDB this limit looks like a full disk. */
const MAX_FILE_BYTES = 6_000_000;
const PER_REQUEST = 100;
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

test('with a full disk only stored events are acknowledged, and the collector works on when there is room', {
  skip: !canLimit && 'there is no prlimit here',
}, async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const collector = await startCollector(folder.path, { wrapper: ['prlimit', `--fsize=${MAX_FILE_BYTES}:unlimited`] });
  t.after(() => collector.end('SIGKILL'));
  const health = async () => (await fetch(new URL('/health', collector.api))).status;
  const sent = {
    collection: 'views',
    source: eventSource({ collection: 'views', total: 1e6 }),
    perRequest: PER_REQUEST,
    acknowledged: new Set<number>(),
  };
  const target = { api: collector.api, writeKey: collector.keys.write, collection: 'views' };
  const send = (requests: number) =>
    drive(target, {
      ...sent,
      connections: 8,
      until: { requests },
      acknowledged: (first) => sent.acknowledged.add(first),
    }).done;

  const { refused } = await send(200);
  assert.ok(sent.acknowledged.size > 10, `${sent.acknowledged.size} requests were acknowledged`);
  // Every other answer must be 503, after which a tracker keeps its events and retries.
  assert.deepEqual([...refused], [['503', 200 - sent.acknowledged.size]]);
  assert.equal(await health(), 503);
  await compare(collector, sent);

  execFileSync('prlimit', ['--pid', String(collector.pid), '--fsize=unlimited:unlimited']);
  assert.deepEqual([...(await send(20)).refused], []);
  assert.equal(await health(), 200);
  await sendAgain(collector, sent);
  assert.equal(await collector.query('count', { event_collection: 'views' }), 220 * PER_REQUEST);

  await collector.end('SIGKILL');
  const second = await startCollector(folder.path);
  t.after(() => second.end('SIGKILL'));
  await compare(second, sent);
  assert.equal(await second.query('count', { event_collection: 'views' }), 220 * PER_REQUEST);
});
