/** What `{…}` in JSON becomes. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether lists and objects are nested in more levels than that. It looks no deeper itself. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/**
 * JSON text that the database can read. Half a surrogate pair, which JSON lets a client spell, becomes U+FFFD:
 * one such event would make every later query over its collection fail. `JSON.stringify` escapes only lone ones.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes('\\ud')) return json;
  return json.replace(/\\(?:u(d[89a-f]..)|.)/g, (escape, lone) => (lone ? '\\ufffd' : escape));
}
