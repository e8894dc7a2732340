import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connections } from './connections.ts';
import { MAX_HEADER_BYTES } from './timeouts.ts';

/** Milliseconds for the client to read its answer. */
const LINGER = 1_000;

/** What Node refuses before there is a request, or in the middle of one: code → status, name and message. */
const ANSWERS: Record<string, [status: number, code: string, message: string]> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'RequestHeadersTooLargeError',
    `The request's line and headers are larger than ${MAX_HEADER_BYTES} bytes.`,
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'RequestEntityTooLargeError', 'The extensions of a chunk are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'RequestTimeoutError', 'The request did not arrive in time.'],
};
const MALFORMED: (typeof ANSWERS)[string] = [400, 'InvalidRequestError', 'This is no HTTP request.'];

/**
 * Answers a client whose request cannot be taken, if it can still be answered, and closes the connection.
 * @param everyOrigin whether pages of every origin may read the answer; which one asks is not known here
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  stream: Duplex,
  connections: Connections,
  everyOrigin: boolean,
): void {
  const socket = stream as Socket;
  const response = connections.answerOn(socket);
  // In the middle of an answer, before TLS, or after the client has gone, nobody would understand another one.
  if (!socket.writable || response?.headersSent || /^(ERR_SSL|ERR_TLS|ECONNRESET|EPROTO)/.test(error.code ?? ''))
    return void socket.destroy();
  const [status, code, message] = ANSWERS[error.code!] ?? MALFORMED;
  if (response) response.statusCode = status; // for the log
  const body = JSON.stringify({ message, error_code: code });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      // Without it a page could not tell this from a network that failed.
      ...(everyOrigin ? ['Access-Control-Allow-Origin: *'] : []),
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // Not at once: a connection that is closed while the client still writes is reset, and its answer may be lost with it.
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
}
