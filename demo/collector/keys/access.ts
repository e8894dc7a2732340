import type { KeyClass } from './keys.ts';

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
}

/** What the key that came with a request may do. It never holds the key. */
export interface Access {
  class: AccessClass;
  permitted: ReadonlySet<Permission>;
  options: AccessOptions;
}

/** What each class may do. That Master may also manage keys and delete is not a permission: no other class can get it. */
export const CLASS_ACCESS: Record<KeyClass, Access> = {
  write: { class: 'write', permitted: new Set(['writes']), options: {} },
  read: { class: 'read', permitted: new Set(PERMISSIONS.filter((permission) => permission !== 'writes')), options: {} },
  master: { class: 'master', permitted: new Set(PERMISSIONS), options: {} },
};
