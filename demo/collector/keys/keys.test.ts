import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classNamedBy, classOf, hashKey, makeKey, makeProjectId } from './keys.ts';

test('a made key has its label and at least 128 random bits', () => {
  assert.match(makeKey('write'), /^write_[0-9a-f]{32,}$/);
  assert.notEqual(makeKey('read'), makeKey('read'));
  assert.match(makeProjectId(), /^[0-9a-f]{24}$/);
});

test('a key has the class whose hash it has, whatever it calls itself', () => {
  const hashes = { write: hashKey('write_1'), read: hashKey('2'), master: hashKey('master_3') };
  assert.equal(classOf('write_1', hashes), 'write');
  assert.equal(classOf('2', hashes), 'read');
  assert.equal(classOf('master_3', hashes), 'master');
  for (const wrong of ['', 'master_', 'write_', 'WRITE_1', 'write_1 ', 'master_1']) assert.equal(classOf(wrong, hashes), undefined, wrong);
});

test('labels are read in any case', () => {
  assert.equal(classNamedBy('Read_x'), 'read');
  assert.equal(classNamedBy('reader_x'), undefined);
});
