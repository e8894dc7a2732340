import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/**
 * Keen's CORS headers. `*` does not cover Authorization, so that is listed too, and the others for browsers that do not
 * know `*`. Monitoring scripts add headers of their own, such as `traceparent`, to each request of a page.
 */
const CORS = {
  methods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'Keen-Sdk', '*'],
  exposedHeaders: ['Retry-After'],
  maxAge: 7200,
  strictPreflight: false,
};

/**
 * Allows pages of every origin, as Keen does, or only those in `allowed`. A page of any other origin gets 403 for its
 * preflight and its requests, and cannot read why. A request without an Origin header, from a server or an image, is
 * allowed. The dashboard is for its own pages alone.
 */
export async function crossOrigin(app: FastifyInstance, allowed: readonly string[]): Promise<void> {
  const allows = allowed.length ? isOneOf(allowed) : () => true;
  await app.register(cors, () => async (request: FastifyRequest) => ({ ...CORS, origin: allowedOrigin(request) }));

  function allowedOrigin(request: FastifyRequest): string | false {
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

/** The router decodes a path before it looks for its route, so `/%64ashboard` is the dashboard too. */
function isDashboard({ url }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0]!;
  try {
    return /^\/+dashboard(?![^/;])/i.test(decodeURIComponent(path));
  } catch {
    return false; // the router finds no route for it either
  }
}

/** `https://*.shop.example` matches every subdomain of that host, with the same scheme and port. */
export function isOneOf(allowed: readonly string[]): (origin: string) => boolean {
  const exact = new Set(allowed);
  const wildcards = allowed
    .filter((one) => one.includes('*'))
    .map((one) => {
      const [prefix = '', suffix = ''] = one.split('*');
      return { prefix, suffix };
    });
  return (origin) =>
    exact.has(origin) ||
    wildcards.some(
      ({ prefix, suffix }) =>
        origin.startsWith(prefix) &&
        origin.endsWith(suffix) &&
        /^[\w.-]+$/.test(origin.slice(prefix.length, origin.length - suffix.length)),
    );
}
