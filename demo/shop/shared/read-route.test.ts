import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRoute } from './read-route.ts';

const at = (path: string, base: string) => readRoute(new URL(path, 'http://127.0.0.1'), base);

test('both shops have the same routes, each below its own folder', () => {
  for (const base of ['/', '/spa/']) {
    assert.deepEqual(at(`${base}goods/ink`, base), { name: 'goods', id: 'ink' });
    assert.deepEqual(at(`${base}goods/ink/`, base), { name: 'goods', id: 'ink' });
    assert.deepEqual(at(`${base}search?q=wax+%26+ink`, base), { name: 'search', term: 'wax & ink' });
    assert.deepEqual(at(`${base}search`, base), { name: 'search', term: '' });
    assert.deepEqual(at(base, base), { name: 'home' });
  }
  assert.deepEqual(at('/spa', '/spa/'), { name: 'home' });
});
