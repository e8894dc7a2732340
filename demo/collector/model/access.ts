import type { KeyClass } from './key.ts';

/** What Keen lets an Access Key be permitted. */
export const PERMISSIONS = ['writes', 'queries', 'saved_queries', 'cached_queries', 'datasets', 'schema'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Keen's three classes, and the keys that a Master key has made to measure. */
export type AccessClass = KeyClass | 'access';

/** An Access Key's `options` as its maker sent them, checked. The other classes have none. */
export interface AccessOptions {
  /** Merged into each event that is written with the key. */
  writes?: { autofill?: Record<string, unknown> };
  /** Keen's filters, forced onto each query that is asked with the key. */
  queries?: { filters?: unknown[] };
  /** Kept for Keen's clients; the collector has no such routes that these could hold for. */
  saved_queries?: object;
  cached_queries?: object;
  datasets?: object;
}

/** What the key that came with a request may do. It never holds the key. */
export interface Access {
  /** What the key is called where it must not stand. */
  id: string;
  class: AccessClass;
  permitted: readonly Permission[];
  options: AccessOptions;
}

/**
 * What each of Keen's classes may do. That Master may also manage keys and delete is not a permission: no other class
 * can be given it.
 */
export function permittedTo(of: KeyClass): Permission[] {
  return PERMISSIONS.filter((permission) => of === 'master' || (permission === 'writes') === (of === 'write'));
}
