import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../model/errors.ts';

/** Bytes of all bodies that are in memory at a time. Parsed they take several times as much. */
export const BODY_ROOM = 256_000_000;

/** JSON that gzip has made less than a tenth of its size is rare. */
const UNPACKED = 10;

/**
 * Bounds what all bodies together may take, from the headers of a request to its answer: each one's own limit times thousands of
 * connections would be more memory than there is. One too many gets 503 and comes again.
 */
export function boundBodies(app: FastifyInstance, room: number): void {
  let held = 0;
  app.addHook('onRequest', async (request, reply) => {
    const bytes = expectedBytes(request);
    if (!bytes) return;
    if (held + bytes > room) throw unavailable('The collector holds as many bodies as it can.');
    held += bytes;
    reply.raw.once('close', () => (held -= bytes));
  });
}

function expectedBytes({ headers, routeOptions: { bodyLimit } }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  const length = Number(headers['content-length'] ?? 0);
  return Math.min(bodyLimit, headers['content-encoding'] === undefined ? length : length * UNPACKED);
}
