import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../fixtures/paths.ts';
import { measureHostile } from './hostile.ts';

/** Times say nothing on a machine that runs other tests. `npm run load -- --hostile` has limits. */
const ANY_TIME = { share: 0, recordingP99Ms: Infinity, healthMs: Infinity };

test('beside gzip bombs, every acknowledged event is stored once, and no answer is an error of the collector', async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  assert.deepEqual(await measureHostile({ folder: folder.path, seconds: 1, only: 'gzip', figures: ANY_TIME }), []);
});

test('a name that no attack has is an error', async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  await assert.rejects(measureHostile({ folder: folder.path, seconds: 1, only: 'no such attack' }), /no attack/);
});
