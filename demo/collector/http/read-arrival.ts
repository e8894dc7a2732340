import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { MAX_ADDON_UNITS } from '../events/addons/addon.ts';
import type { Arrival } from '../events/arrival.ts';
import { MAX_BULK_BYTES } from '../model/event-limits.ts';
import { withoutPort } from '../tls/address.ts';
import type { Context } from './context.ts';

/**
 * Characters of a User-Agent to keep: real ones have a third of this, and one event can repeat it thousands of times.
 */
const MAX_USER_AGENT_CHARS = 1_000;

/** Reads what a request tells about the sender of its events. */
export const readArrival = (request: FastifyRequest, { now, locate }: Pick<Context, 'now' | 'locate'>): Arrival => ({
  now: now(),
  ip: addressIn(request.ip),
  userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_CHARS),
  growthLeft: MAX_BULK_BYTES,
  addonRuns: { locate, unitsLeft: MAX_ADDON_UNITS, outputs: new Map() },
  autofill: request.access.options.writes?.autofill,
});

/** A proxy can pass on any text as an address. One that is none is not stored, so an event's `${keen.ip}` is empty then. */
function addressIn(text: string): string {
  // A socket that listens on both families writes IPv4 as IPv6.
  const address = withoutPort(text).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) ? address : '';
}
