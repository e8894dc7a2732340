import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../model/errors.ts';
import { tooLarge } from './body.ts';

/** Milliseconds for which a refused body is still taken in and thrown away, and its bytes. */
const LINGER = 1_000;
const LINGER_BYTES = 10_000_000;

/** Answers with `{"message", "error_code"}`; what went wrong inside goes to the log and not to the client. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = explain(error, request);
  if (refusal.retryAfter !== undefined) reply.header('retry-after', refusal.retryAfter);

  const body = JSON.stringify({ message: refusal.message, error_code: refusal.code });
  reply.code(refusal.status).type('application/json; charset=utf-8');
  if (!isArriving(request.raw)) return void reply.send(body);
  // The rest of the body is not wanted, but a connection closed at once would be reset while the client still writes, and
  // many clients then lose the answer. So it is sent in full, and the connection closed a moment later.
  reply.header('connection', 'close').header('content-length', Buffer.byteLength(body));
  reply.send(Readable.from(lingering(body, request.raw)));
}

/** Notes why a request is turned away, or why what it asked for was not done, and says it in the API's words. */
export function explain(error: unknown, request: FastifyRequest): ApiError {
  const refusal = toApiError(error, request);
  if (refusal.noted) request.refusal = `${refusal.code}: ${refusal.message}`;
  if (refusal.status === 500) console.error(JSON.stringify({ error: (error as Error).stack }));
  return refusal;
}

async function* lingering(body: string, request: IncomingMessage): AsyncGenerator<string> {
  yield body;
  await discard(request);
}

/** Resolves when the client is done sending, or has had its time. */
function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const done = () => {
      clearTimeout(timer);
      request.pause();
      resolve();
    };
    const timer = setTimeout(done, LINGER);
    request.on('data', (chunk: Buffer) => (bytes += chunk.length) > LINGER_BYTES && done());
    request.once('end', done).once('close', done).once('error', done);
    request.resume();
  });
}

const isArriving = (request: IncomingMessage) =>
  !request.complete &&
  (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0);

function toApiError(error: unknown, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413) return tooLarge(request.routeOptions.bodyLimit ?? 0);
  // What the framework itself refuses: a broken URL, a body that ended early.
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, 'InvalidRequestError', `The request cannot be understood (${code}).`);
  }
  return new ApiError(500, 'InternalError', 'The collector failed; nothing was done.');
}
