import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/paths.ts';
import { killRounds } from './kill.ts';

// `npm run load -- --kill 20` runs longer, and also kills during checkpoints.
test('after a kill under load the collector has every acknowledged event once, and takes the others again', async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const { acknowledged, unanswered } = await killRounds({ folder: folder.path, rounds: 3, checkpoints: false });
  // Otherwise there was hardly any load, or it was not killed under load.
  assert.ok(acknowledged >= 100, `${acknowledged} acknowledged`);
  assert.ok(unanswered > 0);
});
