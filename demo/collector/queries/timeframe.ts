import { badParameter } from '../http/errors.ts';
import { parseTimestamp } from '../recording/timestamp.ts';
import { localTime, utcTime, type Zone } from './zone.ts';

/** From `start`, up to but without `end`; milliseconds since 1970. */
export interface Timeframe {
  start: number;
  end: number;
}

const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
type Unit = (typeof UNITS)[number];

const RELATIVE = new RegExp(`^(this|previous)_(?:(\\d{1,5})_)?(${UNITS.join('|')})s?$`);
const MONTHS: Partial<Record<Unit, number>> = { month: 1, quarter: 3, year: 12 };
const MILLISECONDS: Partial<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/**
 * Reads `{"start", "end"}` in ISO 8601, or `this_N_UNITs` / `previous_N_UNITs` (`this_month`, `today` and `yesterday` too).
 * `this_3_days` is today and the two days before, up to the end of today; `previous_3_days` ends where today begins.
 * Weeks begin on Sunday [U]. Days and longer units follow the zone's clock, summer time included.
 * @throws ApiError 400
 */
export function parseTimeframe(value: unknown, zone: Zone, now: number): Timeframe {
  if (typeof value === 'object' && value !== null) return absolute(value as Record<string, unknown>);
  const aliases: Record<string, string> = { today: 'this_1_days', yesterday: 'previous_1_days' };
  const text = typeof value === 'string' && Object.hasOwn(aliases, value) ? aliases[value] : value;
  const match = typeof text === 'string' ? RELATIVE.exec(text) : null;
  if (!match) {
    throw badParameter('"timeframe" must be {"start", "end"}, or this_ or previous_, a number, and minutes, hours, days, weeks, months, quarters or years.');
  }
  const unit = match[3] as Unit;
  const count = Number(match[2] ?? 1);
  if (count < 1) throw badParameter('"timeframe" must span at least one unit.');
  const current = floor(localTime(now, zone), unit);
  const [from, to] = match[1] === 'this' ? [1 - count, 1] : [-count, 0];
  return { start: utcTime(step(current, unit, from), zone), end: utcTime(step(current, unit, to), zone) };
}

function absolute({ start, end }: Record<string, unknown>): Timeframe {
  const timeframe = { start: parseTimestamp(start), end: parseTimestamp(end) };
  if (timeframe.start === undefined || timeframe.end === undefined) {
    throw badParameter('"timeframe" needs "start" and "end", each an ISO 8601 date or time.');
  }
  if (timeframe.start > timeframe.end) throw badParameter('"timeframe" ends before it starts.');
  return timeframe as Timeframe;
}

// Both work on local time: milliseconds since 1970 on the clock of the zone, so that UTC's calendar can be used for it.

function floor(local: number, unit: Unit): number {
  const date = new Date(local);
  const months = MONTHS[unit];
  if (months) return Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months);
  if (unit === 'week') return floor(local, 'day') - date.getUTCDay() * MILLISECONDS.day!;
  return Math.floor(local / MILLISECONDS[unit]!) * MILLISECONDS[unit]!;
}

function step(local: number, unit: Unit, count: number): number {
  const months = MONTHS[unit];
  if (!months) return local + count * MILLISECONDS[unit]!;
  const date = new Date(local);
  date.setUTCMonth(date.getUTCMonth() + count * months);
  return date.getTime();
}
