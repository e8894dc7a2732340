import { badParameter } from '../model/errors.ts';
import type { Timeframe } from '../model/timeframe.ts';
import { MIN_TIME } from '../model/timestamp.ts';
import { UNITS, type Unit, unitsFrom } from './calendar.ts';
import { parseInstant } from './instant.ts';
import type { Zone } from './zone.ts';

const RELATIVE = new RegExp(`^(this|previous|last)_(?:(\\d{1,5})_)?(${UNITS.join('|')})s?$`);

/**
 * Parses `{"start", "end"}` in ISO 8601, whose times without an offset are in `zone` [U]; or `this_N_UNITs`,
 * `previous_N_UNITs`, `this_UNIT`, `previous_UNIT`, `today` or `yesterday`. `this_3_days` is today and the two days before, up to the end of today;
 * `previous_3_days` ends at the start of today. `last_` is an older spelling of `previous_`.
 * @throws DomainError InvalidParameterError
 */
export function parseTimeframe(value: unknown, zone: Zone, now: number): Timeframe {
  if (typeof value === 'object' && value !== null) return parseAbsolute(value as Record<string, unknown>, zone);
  const aliases: Record<string, string> = { today: 'this_1_days', yesterday: 'previous_1_days' };
  const text = typeof value === 'string' && Object.hasOwn(aliases, value) ? aliases[value] : value;
  const match = typeof text === 'string' ? RELATIVE.exec(text) : null;
  if (!match) {
    throw badParameter(
      '"timeframe" must be {"start", "end"}, or this_, previous_ or last_, a number, and minutes, hours, days, weeks, months, quarters or years.',
    );
  }
  const count = Number(match[2] ?? 1);
  if (count < 1) throw badParameter('"timeframe" must span at least one unit.');
  const startOf = unitsFrom(now, match[3] as Unit, zone);
  const timeframe =
    match[1] === 'this' ? { start: startOf(1 - count), end: startOf(1) } : { start: startOf(-count), end: startOf(0) };
  // Not `<`, because a time beyond the range of dates is NaN.
  if (!(timeframe.start >= MIN_TIME)) throw badParameter('"timeframe" begins before the year 0.');
  return timeframe;
}

function parseAbsolute({ start, end }: Record<string, unknown>, zone: Zone): Timeframe {
  const timeframe = { start: parseInstant(start, zone), end: parseInstant(end, zone) };
  if (timeframe.start === undefined || timeframe.end === undefined) {
    throw badParameter('"timeframe" needs "start" and "end", each an ISO 8601 date or time.');
  }
  if (timeframe.start > timeframe.end) throw badParameter('"timeframe" ends before it starts.');
  return timeframe as Timeframe;
}
