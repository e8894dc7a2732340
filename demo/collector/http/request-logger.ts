import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import { logLine, redactOrigin, redactPath } from './log-line.ts';
import type { Metrics } from './metrics.ts';

/** In the log only: the client went away, or its connection was closed, before it had an answer. */
const CLIENT_CLOSED = 499;

/** An open dashboard polls these routes about once a second. */
const POLLED_ROUTE = /^\/dashboard\/(activity\/)?data$/;

/** Counts a request, writes its line of the log and, if it was refused, an entry in the list of refusals. */
export function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  ms: number,
  context: Context,
  metrics: Metrics,
): void {
  const { statusCode, headersSent } = reply.raw;
  const status = headersSent || statusCode !== 200 ? statusCode : CLIENT_CLOSED;
  metrics.request(status, ms, request.refusal !== '');
  // Successful polls would bury everything else.
  if (!POLLED_ROUTE.test(request.routeOptions.url ?? '') || status !== 200)
    context.log(logLine(request, status, ms, context));
  if (!request.refusal) return;
  context.storage.refusals.add({
    at: context.now(),
    method: request.method,
    route: redactPath(request, context),
    status,
    key: request.keyClass,
    keyId: request.keyId,
    origin: redactOrigin(request.headers.origin ?? '', context),
    reason: request.refusal,
  });
}
