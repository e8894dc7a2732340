import type { Tls } from '../tls/tls.ts';
import { BODY_ROOM } from './body-memory.ts';
import type { Rates } from './rate-limits.ts';
import { PATIENCE, type Patience } from './timeouts.ts';

/** How the collector faces the network. */
export interface ServerOptions {
  /** Certificate and key, for HTTPS; without them it is plain HTTP. */
  tls?: Tls | undefined;
  /** Addresses and ranges of the proxies that end TLS in front of it. */
  behindProxy: readonly string[];
  /** Origins whose pages may use the project; none is every one. */
  allowedOrigins: readonly string[];
  rates: Rates;
  /** Bytes of all bodies that are in memory at a time. */
  bodyRoom: number;
  patience: Patience;
}

/** Plain HTTP for whoever can reach it, as tests have it. */
export const OPEN: ServerOptions = {
  behindProxy: [],
  allowedOrigins: [],
  rates: { byKey: 0, byAddress: 0 },
  bodyRoom: BODY_ROOM,
  patience: PATIENCE,
};
