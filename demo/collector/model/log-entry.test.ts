import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logEntry } from './log-entry.ts';

test('an error in the log is one line with its time', () => {
  const { time, ...entry } = JSON.parse(logEntry({ error: 'first\nsecond' })) as Record<string, string>;
  assert.ok(Math.abs(Date.parse(time!) - Date.now()) < 60_000);
  assert.deepEqual(entry, { error: 'first\nsecond' });
  assert.doesNotMatch(logEntry({ warning: 'first\nsecond' }), /\n/);
});
