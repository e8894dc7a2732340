import type { Arrival } from '../events/arrival.ts';

/** The arrival of an event in a test that does not depend on its sender. */
export const arriving = (now: number): Arrival => ({
  now,
  ip: '192.0.2.7',
  userAgent: '',
  growthLeft: 1e7,
  locate: undefined,
});
