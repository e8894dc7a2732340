import { isIP } from 'node:net';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../tls/address.ts';
import { HttpError } from './http-error.ts';

/** Requests a second, averaged over ten seconds; 0 is no limit. */
export interface Rates {
  byKey: number;
  byAddress: number;
}

/** Milliseconds that are counted together: long enough for a burst, short enough to wait for. */
const WINDOW = 10_000;
/** Counters of each kind; those that have not been used for longest go. With all of them in use memory holds a few megabytes. */
const COUNTERS = 20_000;

type Limit = (request: FastifyRequest) => Promise<void>;

/**
 * Two limits, each to be asked once for a request: by address before anything is done for it, by key once that is known.
 * Both throw a 429 with Retry-After.
 *
 * Loopback has no limit: those are this machine's own programs, or all clients at once of a proxy that was not named.
 */
export async function rateLimits(
  app: FastifyInstance,
  rates: Rates,
  counters = COUNTERS,
): Promise<{ byAddress: Limit; byKey: Limit }> {
  await app.register(rateLimit, { global: false });

  function limit(what: string, rate: number, keyGenerator: (request: FastifyRequest) => string): Limit {
    if (!rate) return async () => undefined;
    // `ban: 1` marks the second refusal of a window and all after it. `cache` is missing from the plugin's types.
    const count = app.createRateLimit({
      max: rate * (WINDOW / 1_000),
      timeWindow: WINDOW,
      ban: 1,
      keyGenerator,
      ...{ cache: counters },
    });
    return async (request) => {
      const counted = await count(request);
      if (counted.isAllowed || !counted.isExceeded) return;
      throw new HttpError('TooManyRequestsError', `More than ${rate} requests a second from this ${what}.`, {
        retryAfter: Math.max(1, counted.ttlInSeconds),
        // One line says it; thousands would push everything else out of the list.
        unlisted: counted.isBanned,
      });
    };
  }

  const byAddress = limit('address', rates.byAddress, addressOf);
  return {
    byAddress: async (request) => (isLoopback(request.ip) ? undefined : byAddress(request)),
    // By its id: a key itself is kept nowhere. Unknown keys come under their address alone.
    byKey: limit('key', rates.byKey, ({ access }) => access.id),
  };
}

/** A proxy hands on what it likes, of any length; what is no address is one of many. */
export const addressOf = ({ ip }: FastifyRequest) => (isIP(ip) ? normalizeIP(ip) : 'no address');
