import type { Tls } from '../tls/tls.ts';
import { BODY_MEMORY_BYTES } from './body-memory.ts';
import type { MegabyteRates } from './byte-rates.ts';
import type { Rates } from './rate-limits.ts';
import { TIMEOUTS, type Timeouts } from './timeouts.ts';

/** How the collector faces the network. */
export interface ServerOptions {
  /** Certificate and key for HTTPS; without them the server speaks plain HTTP. */
  tls?: Tls | undefined;
  /** Addresses and ranges of the proxies that end TLS. */
  behindProxy: readonly string[];
  /** Origins whose pages may use the project; an empty list allows every origin. */
  allowedOrigins: readonly string[];
  rates: Rates;
  byteRates: MegabyteRates;
  /** Connections of one address at a time; 0 is no limit. */
  connectionsByAddress: number;
  /** Bytes of all bodies in memory at a time, less the first 64 kB of each. */
  bodyMemory: number;
  timeouts: Timeouts;
}

/** Plain HTTP, every origin, no rate limits. */
export const DEFAULT_OPTIONS: ServerOptions = {
  behindProxy: [],
  allowedOrigins: [],
  rates: { byKey: 0, byAddress: 0 },
  byteRates: { byKey: 0, byAddress: 0 },
  connectionsByAddress: 0,
  bodyMemory: BODY_MEMORY_BYTES,
  timeouts: TIMEOUTS,
};
