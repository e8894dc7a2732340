import { isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { isLoopback, withoutPort } from '../tls/address.ts';
import { HttpError } from './http-error.ts';
import { addressOf, NETWORK_SHARES, networkOf, WINDOW_MS } from './rate-limits.ts';

/** Megabytes (1,000,000 bytes) of bodies a second, averaged over ten seconds; 0 is no limit. */
export interface MegabyteRates {
  byKey: number;
  byAddress: number;
}

export interface ByteRates {
  /** @throws HttpError TooManyRequestsError if earlier bodies are over a limit, with the seconds to wait */
  admit(request: FastifyRequest): void;
  /** Counts bytes that have arrived, or were uncompressed. They never fail: only later requests are refused. */
  count(request: FastifyRequest, bytes: number): void;
}

/** Counters of each kind; the least recently used one is dropped. */
const MAX_COUNTERS = 20_000;
/** A subject over its limit has one entry for this time in the list of refusals. */
const LISTED_MS = 10_000;

/**
 * Limits the bytes of bodies by key, by address (IPv6: one /64) and by IPv6 network (a /48, with 16 shares), because a
 * request costs time for each byte. Uncompressed bytes count too. A body of any size is accepted after a pause, so that
 * no client repeats one for ever. Loopback has no limit by address, as for the rate of requests.
 * @param now a monotonic clock in milliseconds
 */
export function createByteRates(
  rates: MegabyteRates,
  now: () => number = () => performance.now(),
  counters = MAX_COUNTERS,
): ByteRates {
  const key = createBucket('key', rates.byKey, now, counters);
  const address = createBucket('address', rates.byAddress, now, counters);
  const network = createBucket('network', rates.byAddress * NETWORK_SHARES, now, counters);

  function each(request: FastifyRequest, apply: (bucket: Bucket, subject: string) => void): void {
    if (rates.byKey) apply(key, request.access.id);
    if (!rates.byAddress || isLoopback(request.ip)) return;
    apply(address, addressOf(request));
    if (isIPv6(withoutPort(request.ip))) apply(network, networkOf(request));
  }

  return {
    admit: (request) => each(request, (bucket, subject) => bucket.admit(subject)),
    count: (request, bytes) => each(request, (bucket, subject) => bucket.add(subject, bytes)),
  };
}

interface Bucket {
  add(subject: string, bytes: number): void;
  /** @throws HttpError TooManyRequestsError */
  admit(subject: string): void;
}

/** A leaky bucket for each subject, which holds what may arrive in ten seconds. */
function createBucket(kind: string, megabytes: number, now: () => number, counters: number): Bucket {
  const perMs = (megabytes * 1_000_000) / 1_000;
  const size = perMs * WINDOW_MS;
  const levels = new Map<string, { bytes: number; at: number; listedUntil: number }>();

  function levelOf(subject: string) {
    const level = levels.get(subject) ?? { bytes: 0, at: now(), listedUntil: -Infinity };
    level.bytes = Math.max(0, level.bytes - (now() - level.at) * perMs);
    level.at = now();
    return level;
  }

  return {
    add(subject, bytes) {
      const level = levelOf(subject);
      level.bytes += bytes;
      // The map is in order of use.
      levels.delete(subject);
      levels.set(subject, level);
      if (levels.size > counters) levels.delete(levels.keys().next().value!);
    },
    admit(subject) {
      const level = levelOf(subject);
      if (level.bytes < size) return;
      const unlisted = level.at < level.listedUntil;
      if (!unlisted) level.listedUntil = level.at + LISTED_MS;
      throw new HttpError('TooManyRequestsError', `More than ${megabytes} megabytes a second from this ${kind}.`, {
        retryAfter: Math.max(1, Math.ceil((level.bytes - size) / perMs / 1_000)),
        unlisted,
      });
    },
  };
}
