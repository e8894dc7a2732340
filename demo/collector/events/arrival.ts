import type { JsonObject } from '../model/json.ts';
import type { AddonRuns } from './addons/addon.ts';

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
  /** The add-ons of this request. */
  addonRuns: AddonRuns;
  /** The autofill of the request's Access Key, whose values the sender's add-ons cannot change. */
  autofill?: JsonObject | undefined;
}
