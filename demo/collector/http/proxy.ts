import type { FastifyInstance } from 'fastify';
import { isIn, isLoopback } from '../tls/address.ts';
import { HttpError } from './http-error.ts';

/**
 * Behind a proxy that ends TLS, the collector itself speaks plain HTTP. A client that bypasses the proxy would send its
 * key unencrypted, so it gets 403 from the first request on. Exceptions are this machine and `/health`.
 */
export function onlyThroughProxy(app: FastifyInstance, proxies: readonly string[]): void {
  const isProxy = isIn(proxies);
  app.addHook('onRequest', async ({ socket: { remoteAddress }, routeOptions }) => {
    if (isProxy(remoteAddress) || isLoopback(remoteAddress) || routeOptions.url === '/health') return;
    throw new HttpError(
      'ProxyRequiredError',
      'This collector is reached through its proxy, over HTTPS. A key that was sent to it directly has been in the open.',
    );
  });
}
