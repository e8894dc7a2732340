import { isIP, isIPv6 } from 'node:net';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { memoize } from '../model/memoize.ts';
import { isLoopback, withoutPort } from '../tls/address.ts';
import { HttpError } from './http-error.ts';

/** Requests a second, averaged over ten seconds; 0 is no limit. */
export interface Rates {
  byKey: number;
  byAddress: number;
}

/** Who sends a request or opens a connection. */
type Client = Pick<FastifyRequest, 'ip'>;

/** Counts the request. @throws HttpError TooManyRequestsError, with the seconds to wait */
type RateLimit = (request: FastifyRequest) => Promise<void>;

export interface RateLimits {
  byAddress: RateLimit;
  byKey: RateLimit;
}

/** Requests are counted over this time: long enough for a burst, short enough to wait for. */
export const WINDOW_MS = 10_000;
/** Counters of each kind; the least recently used ones are dropped. All of them take a few megabytes. */
const MAX_COUNTERS = 20_000;

/** A customer of a provider can have a whole /48, which holds 65,536 networks of 64 bits. It has this many shares. */
const NETWORK_BITS = 48;
export const NETWORK_SHARES = 16;

/**
 * Two limits, each to be applied once to a request: by address before any other work, by key once the key is known.
 *
 * Loopback has no limit: these are programs of this machine, or all clients of a proxy that is not in the settings.
 */
export async function rateLimits(app: FastifyInstance, rates: Rates, counters = MAX_COUNTERS): Promise<RateLimits> {
  await app.register(rateLimit, { global: false });

  function limitBy(subject: string, rate: number, keyGenerator: (request: FastifyRequest) => string): RateLimit {
    if (!rate) return async () => undefined;
    // `ban: 1` marks the second refusal of a window and all later ones. `cache` is missing from the plugin's types.
    const count = app.createRateLimit({
      max: rate * (WINDOW_MS / 1_000),
      timeWindow: WINDOW_MS,
      ban: 1,
      keyGenerator,
      ...{ cache: counters },
    });
    return async (request) => {
      const counted = await count(request);
      if (counted.isAllowed || !counted.isExceeded) return;
      throw new HttpError('TooManyRequestsError', `More than ${rate} requests a second from this ${subject}.`, {
        retryAfter: Math.max(1, counted.ttlInSeconds),
        // One entry for each window; thousands would push everything else out of the list.
        unlisted: counted.isBanned,
      });
    };
  }

  const byAddress = limitBy('address', rates.byAddress, addressOf);
  const byNetwork = limitBy('network', rates.byAddress * NETWORK_SHARES, networkOf);
  return {
    byAddress: async (request) => {
      if (isLoopback(request.ip)) return;
      await byAddress(request);
      if (isIPv6(withoutPort(request.ip))) await byNetwork(request);
    },
    // By the key's id, because the key itself is stored nowhere. Unknown keys count by address only.
    byKey: limitBy('key', rates.byKey, ({ access }) => access.id),
  };
}

// An IPv6 address takes ten microseconds, and each request needs it several times.
const household = memoize(normalizeIP, MAX_COUNTERS);
const network = memoize((ip) => normalizeIP(ip, NETWORK_BITS), MAX_COUNTERS);

/** A proxy can pass on any text as an address. All invalid ones share a counter. */
export function addressOf(client: Client): string {
  const ip = withoutPort(client.ip);
  return isIP(ip) ? household(ip) : 'no address';
}

/** Like `addressOf`, but all addresses of an IPv6 network that one customer of a provider can have, a /48, are one. */
export function networkOf(client: Client): string {
  const ip = withoutPort(client.ip);
  return isIPv6(ip) ? network(ip) : addressOf(client);
}
