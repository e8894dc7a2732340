import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classNamedBy, hashKey, makeKey, makeProjectId } from './key.ts';

test('a new key has its label and at least 128 random bits', () => {
  assert.match(makeKey('write'), /^write_[0-9a-f]{32,}$/);
  assert.notEqual(makeKey('read'), makeKey('read'));
  assert.match(makeProjectId(), /^[0-9a-f]{24}$/);
});

test('the hash of a key is its SHA-256', () => {
  assert.equal(hashKey('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('the case of a label does not matter', () => {
  assert.equal(classNamedBy('Read_x'), 'read');
  assert.equal(classNamedBy('reader_x'), undefined);
});
