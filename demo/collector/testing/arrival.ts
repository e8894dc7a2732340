import type { Arrival } from '../events/arrival.ts';

/** An arrival for tests to which the sender does not matter. */
export const arriving = (now: number): Arrival => ({
  now,
  ip: '192.0.2.7',
  userAgent: '',
  growthLeft: 1e7,
  locate: undefined,
});
