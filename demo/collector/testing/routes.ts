import { channel } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';

/** A route as the framework knows it. */
export interface Route {
  method: string;
  /** The pattern, such as `/3.0/projects/:id/events/:collection`. */
  url: string;
  /** The name of what tells it apart from another route of the same method and pattern; usually empty. */
  constraint: string;
}

/** `GET /path`, or `GET /path (constraint)`. */
export const routeName = ({ method, url, constraint }: Route): string =>
  `${method} ${url}${constraint && ` (${constraint})`}`;

/** Runs a function that makes servers, and lists all their routes, so that a test cannot miss a new one. */
export async function watchRoutes<Result>(make: () => Promise<Result>): Promise<{ result: Result; routes: Route[] }> {
  const routes: Route[] = [];
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url, constraints = {} }) => {
      for (const one of [method].flat()) routes.push({ method: one, url, constraint: Object.keys(constraints).join() });
    });
  };
  const initialization = channel('fastify.initialization');
  initialization.subscribe(watch);
  try {
    return { result: await make(), routes };
  } finally {
    initialization.unsubscribe(watch);
  }
}
