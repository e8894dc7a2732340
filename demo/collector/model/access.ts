import type { KeyClass } from './key.ts';

/** Keen's permissions of an Access Key. */
export const PERMISSIONS = ['writes', 'queries', 'saved_queries', 'cached_queries', 'datasets', 'schema'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Keen's three classes of key, and Access Keys, which a Master key creates with permissions of its choice. */
export type AccessClass = KeyClass | 'access';

/** An Access Key's validated `options`. Keys of other classes have none. */
export interface AccessOptions {
  /** Properties that are merged into each event that the key writes. */
  writes?: { autofill?: Record<string, unknown> };
  /** Keen's filters, which are added to each query of the key. */
  queries?: { filters?: unknown[] };
  /** Stored for Keen's clients only, because the collector does not have these routes. */
  saved_queries?: object;
  cached_queries?: object;
  datasets?: object;
}

/** The access that a request's key grants. It never holds the key. */
export interface Access {
  /** The key's id, for logs and lists. */
  id: string;
  class: AccessClass;
  permitted: readonly Permission[];
  options: AccessOptions;
}

/**
 * The permissions of Keen's classes. A Master key can also manage keys and delete events; no permission grants that to
 * another class.
 */
export function permittedTo(keyClass: KeyClass): Permission[] {
  return PERMISSIONS.filter(
    (permission) => keyClass === 'master' || (permission === 'writes') === (keyClass === 'write'),
  );
}

/** Whether an Access Key has any permission but to write, which its label has to show. */
export const canRead = (permitted: readonly Permission[]): boolean =>
  permitted.some((permission) => permission !== 'writes');
