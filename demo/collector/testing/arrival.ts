import { type Locate, MAX_ADDON_UNITS } from '../events/addons/addon.ts';
import type { Arrival } from '../events/arrival.ts';

/** An arrival for tests to which the sender does not matter. */
export const arriving = (now: number, locate?: Locate): Arrival => ({
  now,
  ip: '192.0.2.7',
  userAgent: '',
  growthLeft: 1e7,
  addonRuns: { locate, unitsLeft: MAX_ADDON_UNITS, outputs: new Map() },
});
