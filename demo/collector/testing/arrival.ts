import type { Arrival } from '../events/arrival.ts';

/** How an event arrives in a test that does not care from whom. */
export const arriving = (now: number): Arrival => ({
  now,
  ip: '192.0.2.7',
  userAgent: '',
  room: 1e7,
  locate: undefined,
});
