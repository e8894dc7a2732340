/** A parsed JSON object. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether lists and objects are nested in more than `levels` levels. The recursion stops there. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/**
 * Serializes to JSON that the database can read. Lone surrogates, which are valid in JSON, become U+FFFD: one event
 * with such a string would make each later query of its collection fail. `JSON.stringify` escapes only lone surrogates.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes('\\ud')) return json;
  return json.replace(/\\(?:u(d[89a-f]..)|.)/g, (sequence, lone) => (lone ? '\\ufffd' : sequence));
}
