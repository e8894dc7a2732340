/** Property path → Keen's name of its type. */
export type PropertyTypes = Map<string, string>;

/** Strings that the collector itself has validated as times. */
const DATETIME_PATHS = new Set(['keen.timestamp', 'keen.created_at']);

/** The name of a value's type in Keen's schema. The name for lists is not documented [U]. */
export function typeOf(value: unknown, path: string): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return DATETIME_PATHS.has(path) ? 'datetime' : 'string';
  return typeof value === 'number' ? 'num' : 'bool';
}
