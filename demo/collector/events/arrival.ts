import type { FastifyRequest } from 'fastify';
import type { Context } from '../http/context.ts';
import { MAX_BULK_BYTES } from '../model/event-limits.ts';
import type { Locate } from './addons/addon.ts';

/** What the collector knows, beside an event itself, when it comes. */
export interface Arrival {
  /** Milliseconds since 1970. */
  now: number;
  /** The sender's address, IPv4 or IPv6. */
  ip: string;
  /** Its User-Agent header, empty where it has none. */
  userAgent: string;
  /** Bytes by which enriching may still make the events of the request grow; it is counted down. */
  room: number;
  /** Absent where the operator has given no GeoIP database. */
  locate: Locate | undefined;
}

/** Characters of a User-Agent that are kept: real ones are a third as long, and one event may repeat it thousands of times. */
const MAX_USER_AGENT = 1_000;

export const arrivalOf = (request: FastifyRequest, { now, locate }: Context): Arrival => ({
  now: now(),
  // A socket that listens to both families writes IPv4 as IPv6.
  ip: request.ip.replace(/^::ffff:(?=\d+\.)/i, ''),
  userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
  room: MAX_BULK_BYTES,
  locate,
});
