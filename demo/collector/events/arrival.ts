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
