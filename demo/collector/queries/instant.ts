import { MAX_TIME, MIN_TIME, parseTimestamp } from '../model/timestamp.ts';
import { utcTime, type Zone } from './zone.ts';

const WITH_OFFSET = /[T ].*(Z|[+-]\d\d(:?\d\d)?)$/i;

/** Parses an ISO 8601 date or time, which is in `zone` if it has no offset. `undefined` for anything else. */
export function parseInstant(text: unknown, zone: Zone): number | undefined {
  const time = parseTimestamp(text);
  if (time === undefined || WITH_OFFSET.test(text as string)) return time;
  // No event has a time beyond these, so a timeframe that ends there selects the same events.
  return Math.min(Math.max(utcTime(time, zone), MIN_TIME), MAX_TIME);
}
