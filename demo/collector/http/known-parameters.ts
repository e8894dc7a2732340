import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkNames, type Parameters } from '../queries/parameters.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The parameters that the route reads from the URL, besides those that each route takes; none by default. */
    parameters?: readonly string[] | 'checked by the handler';
  }
}

/** `_` is the number by which jQuery and others keep a browser from answering out of its cache. */
const EVERYWHERE = ['api_key', '_'];

/** The parameters of a URL without those that each route takes. */
export const ownParameters = ({ query }: Pick<FastifyRequest, 'query'>): Parameters =>
  Object.fromEntries(Object.entries(query as Parameters).filter(([name]) => !EVERYWHERE.includes(name)));

/**
 * Refuses a parameter of a URL that its route does not read. A misspelt `class` would otherwise list other keys than
 * were asked for. Runs after the key is checked, and before the body is read. A route that declares no parameters takes
 * none.
 * @throws DomainError InvalidParameterError, with the parameter's name and the nearest known one
 */
export function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    try {
      checkParameters(request);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function checkParameters(request: FastifyRequest): void {
  // Most requests of trackers have no parameters.
  if (!request.raw.url!.includes('?')) return;
  const { parameters = [] } = request.routeOptions.config;
  if (request.is404 || parameters === 'checked by the handler') return;
  checkNames(ownParameters(request), parameters, 'this route');
}
