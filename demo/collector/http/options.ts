import type { Tls } from '../tls/tls.ts';
import { PATIENCE, type Patience } from './patience.ts';

/** How the collector faces the network. */
export interface ServerOptions {
  /** Certificate and key, for HTTPS; without them it is plain HTTP. */
  tls?: Tls | undefined;
  /** Addresses and ranges of the proxies that end TLS in front of it. */
  behindProxy: readonly string[];
  patience: Patience;
}

/** Plain HTTP for whoever can reach it, as tests have it. */
export const OPEN: ServerOptions = { behindProxy: [], patience: PATIENCE };
