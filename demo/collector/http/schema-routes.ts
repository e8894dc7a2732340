import type { FastifyInstance } from 'fastify';
import { notFound } from '../model/errors.ts';
import { type Context, parameters } from './context.ts';

/** `GET /events` and `GET /events/:collection`: the properties of the events, with their types. */
export function schemaRoutes(app: FastifyInstance, { storage, projectId }: Context): void {
  app.get('/events', { config: { permission: 'schema' } }, async () =>
    [...storage.schema()].map(([name, types]) => ({
      name,
      properties: Object.fromEntries(types),
      url: `/3.0/projects/${projectId}/events/${encodeURIComponent(name)}`,
    })),
  );

  app.get('/events/:collection', { config: { permission: 'schema' } }, async (request) => {
    const types = storage.schema().get(parameters(request).collection!);
    if (!types) throw notFound('There is no such collection.');
    return { properties: Object.fromEntries(types) };
  });
}
