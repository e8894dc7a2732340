import { isObject } from '../model/json.ts';
import type { Arrival } from './arrival.ts';

const PLACEHOLDER = /\$\{keen\.(ip|user_agent)\}/g;

/** Whether an event's JSON text may have placeholders. JSON escapes none of their characters, so most events cost one search. */
export const mayHavePlaceholders = (json: string): boolean => json.includes('${keen.');

export const countPlaceholders = (json: string): number => json.match(PLACEHOLDER)?.length ?? 0;

/**
 * Puts the sender's address and User-Agent where an event's strings say `${keen.ip}` and `${keen.user_agent}`, as a whole or within
 * other text, at any depth and in lists [U]. The event that was given stays as it was.
 */
export function fillPlaceholders(value: unknown, arrival: Pick<Arrival, 'ip' | 'userAgent'>): unknown {
  // With a function, so that what a sender writes into its User-Agent is not taken for a placeholder or a pattern.
  if (typeof value === 'string')
    return value.replace(PLACEHOLDER, (_, name) => (name === 'ip' ? arrival.ip : arrival.userAgent));
  if (Array.isArray(value)) return value.map((item) => fillPlaceholders(item, arrival));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fillPlaceholders(inner, arrival)]));
}
