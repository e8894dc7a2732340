import { createTurn } from '../model/turns.ts';

const CHUNK_BYTES = 16_384;

/**
 * Splits a stream of text or bytes into small chunks. A chunk counts as read once all of it is, so a large one would
 * make a slow client look like one that has stopped reading. A fast client gets them in turns, because the system takes
 * megabytes without a pause.
 */
export async function* smallChunks(source: AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  const turn = createTurn();
  for await (const chunk of source) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      yield bytes.subarray(at, at + CHUNK_BYTES);
      await turn.giveWay();
    }
  }
}
