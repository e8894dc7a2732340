import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../model/errors.ts';

/** Bytes of all bodies in memory at a time. A parsed body takes several times as much. */
export const BODY_MEMORY_BYTES = 256_000_000;

/** JSON that gzip shrinks to less than a tenth is rare. */
const GZIP_RATIO = 10;

/**
 * Limits the memory of all bodies together, from a request's headers to its answer. Each body's own limit times
 * thousands of connections would be more memory than there is. A request over the limit gets 503, and its client tries
 * again.
 */
export function limitBodyMemory(app: FastifyInstance, limit: number): void {
  let used = 0;
  app.addHook('onRequest', async (request, reply) => {
    const bytes = expectedBytes(request);
    if (!bytes) return;
    if (used + bytes > limit) throw unavailable('The collector holds as many bodies as it can.');
    used += bytes;
    reply.raw.once('close', () => (used -= bytes));
  });
}

function expectedBytes({ headers, routeOptions: { bodyLimit } }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  const length = Number(headers['content-length'] ?? 0);
  return Math.min(bodyLimit, headers['content-encoding'] === undefined ? length : length * GZIP_RATIO);
}
