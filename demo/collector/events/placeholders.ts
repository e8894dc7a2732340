import { isObject } from '../model/json.ts';
import type { Arrival } from './arrival.ts';

const PLACEHOLDER = /\$\{keen\.(ip|user_agent)\}/g;

/** Whether an event's JSON can hold placeholders. JSON escapes none of their characters, so one search finds out. */
export const mayHavePlaceholders = (json: string): boolean => json.includes('${keen.');

export const countPlaceholders = (json: string): number => json.match(PLACEHOLDER)?.length ?? 0;

/**
 * Replaces `${keen.ip}` and `${keen.user_agent}` in the strings of an event by the sender's address and User-Agent:
 * also within longer text, at any depth and in lists [U]. Returns a copy.
 */
export function fillPlaceholders(value: unknown, arrival: Pick<Arrival, 'ip' | 'userAgent'>): unknown {
  // A function, so that `$` patterns in a User-Agent have no special meaning.
  if (typeof value === 'string')
    return value.replace(PLACEHOLDER, (_, name) => (name === 'ip' ? arrival.ip : arrival.userAgent));
  if (Array.isArray(value)) return value.map((item) => fillPlaceholders(item, arrival));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fillPlaceholders(inner, arrival)]));
}
