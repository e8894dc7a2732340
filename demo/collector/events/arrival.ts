import type { FastifyRequest } from 'fastify';
import type { Context } from '../http/context.ts';
import type { Locate } from './addons/addon.ts';
import { MAX_BULK_BYTES } from './validate.ts';

/** The context of a request with events, which enriching uses. */
export interface Arrival {
  /** Milliseconds since 1970. */
  now: number;
  /** The sender's address, IPv4 or IPv6. */
  ip: string;
  /** The User-Agent header, at most 1,000 characters; empty if the request has none. */
  userAgent: string;
  /** Characters of JSON that enriching may still add to the events of this request. `prepare` decreases it. */
  growthLeft: number;
  /** Absent without a GeoIP database. */
  locate: Locate | undefined;
}

/** Real user agents are a third as long, and the placeholders of one event can repeat it thousands of times. */
const MAX_USER_AGENT_CHARS = 1_000;

export const arrivalOf = (request: FastifyRequest, { now, locate }: Context): Arrival => ({
  now: now(),
  // A dual-stack socket reports IPv4 addresses as IPv6.
  ip: request.ip.replace(/^::ffff:(?=\d+\.)/i, ''),
  userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_CHARS),
  growthLeft: MAX_BULK_BYTES,
  locate,
});
