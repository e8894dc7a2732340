import type { FastifyInstance } from 'fastify';
import { notFound } from '../model/errors.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import { type Context, parameters } from './context.ts';

/**
 * `GET /events`, `GET /events/:collection` and `GET /events/:collection/properties/:property`: the properties of the
 * events, with their types.
 */
export function schemaRoutes(app: FastifyInstance, { storage, projectId }: Context): void {
  const config = { permission: 'schema' } as const;
  const urlOf = (collection: string) => `/3.0/projects/${projectId}/events/${encodeURIComponent(collection)}`;
  const describe = (name: string, types: PropertyTypes) => ({
    name,
    properties: Object.fromEntries(types),
    url: urlOf(name),
  });
  const typesOf = (collection: string): PropertyTypes => {
    const types = storage.schema().get(collection);
    if (!types) throw notFound('There is no such collection.');
    return types;
  };

  app.get('/events', { config }, async () => [...storage.schema()].map(([name, types]) => describe(name, types)));

  app.get('/events/:collection', { config }, async (request) => {
    const { collection } = parameters(request) as { collection: string };
    return describe(collection, typesOf(collection));
  });

  app.get('/events/:collection/properties/:property', { config }, async (request) => {
    const { collection, property } = parameters(request) as { collection: string; property: string };
    const type = typesOf(collection).get(property);
    if (type === undefined) throw notFound('There is no such property.');
    return {
      property_name: property,
      type,
      url: `${urlOf(collection)}/properties/${encodeURIComponent(property)}`,
    };
  });
}
