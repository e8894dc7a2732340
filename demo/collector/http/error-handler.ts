import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type ErrorCode, tooLarge } from '../model/errors.ts';
import { logEntry } from '../model/log-entry.ts';
import { STATUS } from './error-status.ts';
import { HttpError, type HttpErrorCode } from './http-error.ts';

/** An error in the terms of the API. */
export interface ErrorAnswer {
  status: number;
  code: ErrorCode | HttpErrorCode;
  message: string;
  /** The message for the list of refusals, without any text of the client. */
  kept: string;
  /** Seconds, for the header Retry-After. */
  retryAfter: number | undefined;
}

/** The rest of a refused body is read and discarded for this long, and up to this size. */
const LINGER_MS = 1_000;
const MAX_LINGER_BYTES = 10_000_000;

/** Answers with `{"message", "error_code"}`. Details of an internal error go to the log, not to the client. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, code, message, retryAfter } = explainError(error, request);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);

  const body = JSON.stringify({ message, error_code: code });
  reply.code(status).type('application/json; charset=utf-8');
  if (!isArriving(request.raw)) return void reply.send(body);
  // Closing the connection at once would reset it while the client still writes, and many clients then lose the answer.
  // So send the answer in full, and close the connection a moment later.
  reply.header('connection', 'close').header('content-length', Buffer.byteLength(body));
  reply.send(Readable.from(lingering(body, request.raw)));
}

/** Sets the request's refusal, logs an internal error with its stack, and returns the answer. */
export function explainError(error: unknown, request: FastifyRequest): ErrorAnswer {
  const answer = toAnswer(error, request);
  const isListed = !(error instanceof HttpError && error.options.unlisted);
  if (isListed) request.refusal = `${answer.code}: ${answer.kept}`;
  if (answer.status === 500) console.error(logEntry({ error: String((error as Error).stack) }));
  return answer;
}

async function* lingering(body: string, request: IncomingMessage): AsyncGenerator<string> {
  yield body;
  await discard(request);
}

/** Resolves once the client has sent everything, or has reached a limit. */
function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const done = () => {
      clearTimeout(timer);
      request.pause();
      resolve();
    };
    const timer = setTimeout(done, LINGER_MS);
    request.on('data', (chunk: Buffer) => (bytes += chunk.length) > MAX_LINGER_BYTES && done());
    request.once('end', done).once('close', done).once('error', done);
    request.resume();
  });
}

const isArriving = (request: IncomingMessage) =>
  !request.complete &&
  (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0);

function toAnswer(error: unknown, request: FastifyRequest): ErrorAnswer {
  if (error instanceof HttpError) return answerOf(error, error.options.retryAfter);
  if (error instanceof DomainError) return answerOf(error, error.retryAfter);
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413) return answerOf(tooLarge(request.routeOptions.bodyLimit ?? 0));
  // Errors of the framework: a broken URL, a body that ended early.
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    const invalid = new HttpError('InvalidRequestError', `The request cannot be understood (${code}).`);
    return { ...answerOf(invalid), status: statusCode };
  }
  return answerOf(new HttpError('InternalError', 'The collector failed; nothing was done.'));
}

const answerOf = (error: DomainError | HttpError, retryAfter?: number): ErrorAnswer => ({
  status: STATUS[error.code],
  code: error.code,
  message: error.message,
  kept: error instanceof DomainError ? error.kept : error.message,
  retryAfter,
});
