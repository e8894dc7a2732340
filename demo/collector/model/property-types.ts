/** Property path → Keen's name of its type, as the schema lists it. */
export type PropertyTypes = Map<string, string>;

/** Texts that the collector itself has made sure are times. */
const DATES = new Set(['keen.timestamp', 'keen.created_at']);

/** Type names as Keen's schema uses them; that of a list is not documented [U]. */
export function typeOf(value: unknown, path: string): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return DATES.has(path) ? 'datetime' : 'string';
  return typeof value === 'number' ? 'num' : 'bool';
}
