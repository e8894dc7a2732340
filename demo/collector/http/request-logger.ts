import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import { logLine, shown, shownPath } from './log-line.ts';

/** For the log alone: the client went away, or was cut off, before it had an answer. */
const CLIENT_CLOSED = 499;

/** Writes the request log, and the list of refused requests. */
export function note(request: FastifyRequest, reply: FastifyReply, ms: number, context: Context): void {
  const { statusCode, headersSent } = reply.raw;
  const status = headersSent || statusCode !== 200 ? statusCode : CLIENT_CLOSED;
  // The open dashboard asks once a second or so; that would bury everything else.
  if (!/^\/dashboard\/(activity\/)?data$/.test(request.routeOptions.url ?? '') || status !== 200)
    context.log(logLine(request, status, ms, context));
  if (!request.refusal) return;
  context.storage.refusals.add({
    at: context.now(),
    method: request.method,
    route: shownPath(request, context),
    status,
    key: request.keyClass,
    keyId: request.keyId,
    origin: shown(request.headers.origin ?? '', context),
    reason: request.refusal,
  });
}
