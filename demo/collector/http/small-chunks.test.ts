import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallChunks } from './small-chunks.ts';

test('chunks are small and add up to the source, characters of several bytes included', async () => {
  const text = 'ä€😀'.repeat(10_000);
  async function* source() {
    yield text;
    yield '';
    yield Buffer.from('end');
  }
  const pieces: Buffer[] = [];
  for await (const piece of smallChunks(source())) pieces.push(piece);
  assert.ok(pieces.length > 3 && pieces.every(({ length }) => length > 0 && length <= 16_384));
  assert.equal(Buffer.concat(pieces).toString(), `${text}end`);
});

test('a consumer that stops ends the source', async () => {
  let open = true;
  async function* source() {
    try {
      for (;;) yield 'x'.repeat(100_000);
    } finally {
      open = false;
    }
  }
  for await (const _piece of smallChunks(source())) break;
  assert.equal(open, false);
});
