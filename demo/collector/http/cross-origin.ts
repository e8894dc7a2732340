import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/** Keen's headers for pages of other origins. The headers are listed, because `*` does not cover Authorization. */
const CORS = {
  methods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'Keen-Sdk'],
  exposedHeaders: ['Retry-After'],
  maxAge: 7200,
  strictPreflight: false,
};

/**
 * Lets pages of other origins in: of every one, as Keen does, or of those in `allowed`. A page of another one gets 403 for its
 * preflight and all else, and cannot read why. A request without an Origin, from a server or an image on a page, has none to
 * be refused for. The dashboard is for its own page alone.
 */
export async function crossOrigin(app: FastifyInstance, allowed: readonly string[]): Promise<void> {
  const allows = allowed.length ? isOneOf(allowed) : () => true;
  await app.register(cors, () => async (request: FastifyRequest) => ({ ...CORS, origin: answerFor(request) }));

  function answerFor(request: FastifyRequest): string | false {
    const { origin } = request.headers;
    if (isDashboard(request)) return false;
    if (!allowed.length) return '*';
    return origin !== undefined && allows(origin) ? origin : false;
  }
  if (!allowed.length) return;
  app.addHook('onRequest', async (request) => {
    const { origin } = request.headers;
    if (origin === undefined || isDashboard(request) || allows(origin)) return;
    throw new HttpError('OriginNotAllowedError', 'Pages of this origin may not use this project.');
  });
}

const isDashboard = ({ url }: FastifyRequest) => /^\/dashboard(?![^/?])/.test(url);

/** `https://*.shop.example` stands for every host below that one; its scheme and port have to be the same. */
function isOneOf(allowed: readonly string[]): (origin: string) => boolean {
  const exact = new Set(allowed);
  const below = allowed
    .filter((one) => one.includes('*'))
    .map((one) => one.split('*') as [scheme: string, host: string]);
  return (origin) =>
    exact.has(origin) ||
    below.some(
      ([scheme, host]) =>
        origin.startsWith(scheme) && origin.endsWith(host) && origin.length > scheme.length + host.length,
    );
}
