import type { AccessClass } from './access.ts';

/** A request that was turned away. It never holds a key or a part of one. */
export interface Refusal {
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** The route's pattern or a redacted path. */
  route: string;
  status: number;
  /** The class of the key that was presented. */
  key: AccessClass | 'unknown' | 'none';
  /** What that key is called where it must not stand; empty where it is none of the project's. */
  keyId: string;
  /** The Origin header; empty where there was none. */
  origin: string;
  reason: string;
}

/** Equal refusals of one minute. */
export interface NotedRefusal extends Refusal {
  /** The later ones have the higher. */
  id: number;
  /** When the last of them was, milliseconds since 1970. */
  at: number;
  times: number;
}

/** Which refusals to show; all, where nothing is said. */
export interface RefusalFilter {
  key?: Refusal['key'] | undefined;
  /** What their reason begins with, such as `InvalidApiKeyError`. */
  code?: string | undefined;
}

export interface RefusalReport {
  /** The newest that fit the filter, newest first. */
  newest: NotedRefusal[];
  /** How many there are of each class of key and kind of reason, most first, whatever the filter. */
  counts: { key: Refusal['key']; code: string; times: number }[];
}
