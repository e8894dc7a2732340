import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Context } from './context.ts';

/**
 * `GET /backup`, an addition to Keen's API for Master keys: the database file as it is now, complete without its log.
 * `npm run collector -- backup` uses it while the collector runs.
 */
export function backupRoutes(app: FastifyInstance, { storage }: Pick<Context, 'storage'>): void {
  app.get('/backup', { exposeHeadRoute: false }, async (_request, reply) => {
    const { bytes, chunks, end } = await storage.backup();
    // Also if the client goes away before the first chunk.
    reply.raw.once('close', end);
    return reply
      .header('content-length', bytes)
      .type('application/octet-stream')
      .send(Readable.from(chunks, { objectMode: false }));
  });
}
