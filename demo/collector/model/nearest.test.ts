import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('the nearest name needs the fewest changes, in any style of spelling', () => {
  const names = ['port', 'host', 'projectId', 'tlsKey', 'writeKey'];
  for (const [word, name] of [
    ['prt', 'port'],
    ['ports', 'port'],
    ['HOTS', 'host'],
    ['project_id', 'projectId'],
    ['PROJECT-ID', 'projectId'],
    ['write', 'writeKey'],
    ['tlskye', 'tlsKey'],
  ]) {
    assert.equal(nearest(word!, names), name, word);
  }
});
