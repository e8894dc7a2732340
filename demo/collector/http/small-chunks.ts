/** Bytes of a piece. */
const PIECE = 16_384;

/**
 * A stream of text or bytes in small pieces. A piece counts as read when all of it is, so that large ones would make a slow
 * client look like one that has stopped reading.
 */
export async function* inPieces(source: AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }
}
