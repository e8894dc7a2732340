import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connections } from './connections.ts';
import { STATUS } from './error-status.ts';
import { MAX_HEADER_BYTES } from './timeouts.ts';

/** Time for the client to read the answer. */
const LINGER_MS = 1_000;

interface ClientError {
  code: keyof typeof STATUS;
  message: string;
}

/** Node's error codes before or in the middle of a request → the collector's. */
const CLIENT_ERRORS: Record<string, ClientError> = {
  HPE_HEADER_OVERFLOW: {
    code: 'RequestHeadersTooLargeError',
    message: `The request's line and headers are larger than ${MAX_HEADER_BYTES} bytes.`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    code: 'RequestEntityTooLargeError',
    message: 'The extensions of a chunk are too large.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'RequestTimeoutError', message: 'The request did not arrive in time.' },
};
const MALFORMED: ClientError = { code: 'InvalidRequestError', message: 'This is no HTTP request.' };

/**
 * Answers a client whose request Node rejects, if an answer is still possible, and closes the connection.
 * @param everyOrigin whether pages of every origin may read the answer; the request's own origin is not known here
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  stream: Duplex,
  connections: Connections,
  everyOrigin: boolean,
): void {
  const socket = stream as Socket;
  const response = connections.answerOn(socket);
  // In the middle of an answer, before TLS, or after the client has gone, no client would understand another answer.
  if (!socket.writable || response?.headersSent || /^(ERR_SSL|ERR_TLS|ECONNRESET|EPROTO)/.test(error.code ?? ''))
    return void socket.destroy();
  const { code, message } = CLIENT_ERRORS[error.code!] ?? MALFORMED;
  const status = STATUS[code];
  if (response) response.statusCode = status; // for the log
  const body = JSON.stringify({ message, error_code: code });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      // Without this header a page could not tell the answer from a network failure.
      ...(everyOrigin ? ['Access-Control-Allow-Origin: *'] : []),
      'Connection: close',
      '',
      isHead(error) ? '' : body,
    ].join('\r\n'),
  );
  // Closing at once while the client still writes would reset the connection, and could lose the answer.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** Node passes on the last bytes that it has read, which as a rule are the whole request. */
const isHead = (error: NodeJS.ErrnoException & { rawPacket?: Buffer }) =>
  error.rawPacket?.subarray(0, 5).toString('latin1') === 'HEAD ';
