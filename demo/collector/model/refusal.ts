import type { AccessClass } from './access.ts';

/** A rejected request. It never holds a key or a part of one. */
export interface Refusal {
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** The route's pattern or a redacted path. */
  route: string;
  status: number;
  /** The class of the request's key. */
  key: AccessClass | 'unknown' | 'none';
  /** The id of the request's key; empty if the project has no such key. */
  keyId: string;
  /** The Origin header; empty if the request had none. */
  origin: string;
  reason: string;
}

/** Equal refusals of one minute, as one row. */
export interface NotedRefusal extends Refusal {
  /** Ascending: newer rows have higher ids. */
  id: number;
  /** Time of the latest of these refusals, in milliseconds since 1970. */
  at: number;
  /** The number of these refusals. */
  times: number;
}

/** Which refusals a report lists. An absent member selects all. */
export interface RefusalFilter {
  key?: Refusal['key'] | undefined;
  /** The error code at the start of their reason, such as `InvalidApiKeyError`. */
  code?: string | undefined;
}

export interface RefusalReport {
  /** The newest rows that match the filter, newest first. */
  newest: NotedRefusal[];
  /** The number of refusals by class of key and error code, most frequent first. The filter does not apply. */
  counts: { key: Refusal['key']; code: string; times: number }[];
}
