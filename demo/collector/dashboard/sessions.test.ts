import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSessions } from './sessions.ts';

const HOUR = 3_600_000;

test('a session ends twelve hours after its last use', () => {
  let now = 0;
  const sessions = openSessions(() => now);
  const secret = sessions.begin();
  for (let n = 0; n < 5; n++) {
    now += 11 * HOUR;
    assert.equal(sessions.isOpen(secret), true);
  }
  now += 12 * HOUR;
  assert.equal(sessions.isOpen(secret), false);
  assert.equal(sessions.isOpen(secret), false, 'a check does not revive it');
});

test('the number of sessions is limited, and those in use stay', () => {
  const sessions = openSessions(() => 0);
  const [used, left] = [sessions.begin(), sessions.begin()];
  for (let n = 0; n < 999; n++) {
    sessions.begin();
    assert.equal(sessions.isOpen(used), true);
  }
  assert.equal(sessions.isOpen(left), false);
});

test('each session has its own secret, and other texts open none', () => {
  const sessions = openSessions(() => 0);
  const [one, other] = [sessions.begin(), sessions.begin()];
  assert.notEqual(one, other);
  assert.match(one, /^[\w-]{32}$/);
  sessions.end(one);
  for (const secret of [one, '', 'nonsense']) assert.equal(sessions.isOpen(secret), false);
  assert.equal(sessions.isOpen(other), true);
});
