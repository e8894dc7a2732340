import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/paths.ts';
import { killRounds } from './kill.ts';

// `npm run load -- --kill 20` does the same for longer, and during checkpoints too.
test('killed under load, the collector has every acknowledged event once, and takes the others again', async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const { acknowledged, unanswered } = await killRounds({ folder: folder.path, rounds: 3, checkpoints: false });
  // Otherwise there was no load to speak of, or it was not killed in the middle of it.
  assert.ok(acknowledged >= 100, `${acknowledged} acknowledged`);
  assert.ok(unanswered > 0);
});
