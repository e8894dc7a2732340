import { read } from 'node:fs';
import { promisify } from 'node:util';

const readAt = promisify(read);
const CHUNK_BYTES = 1_048_576;

/**
 * Reads the first `bytes` bytes of a file through a descriptor that its owner keeps open. A process that closes any
 * descriptor of a file loses its locks on it (POSIX), and so would DuckDB.
 */
export async function* readChunks(descriptor: number, bytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < bytes; ) {
    const length = Math.min(CHUNK_BYTES, bytes - position);
    const { bytesRead, buffer } = await readAt(descriptor, Buffer.alloc(length), 0, length, position);
    if (!bytesRead) throw new Error('the database file has become shorter while it was read');
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
