import { DAY_MS } from '../model/durations.ts';
import { localTime, utcTime, type Zone } from './zone.ts';

export const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Unit = (typeof UNITS)[number];

const MONTHS: Partial<Record<Unit, number>> = { month: 1, quarter: 3, year: 12 };
const DAYS: Partial<Record<Unit, number>> = { day: 1, week: 7 };
const WIDTH_MS: Partial<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000 };

/**
 * Returns a function for the starts of calendar units: 0 for the unit that holds `instant`, 1 for the next, -1 for the
 * previous. Weeks begin on Sunday [U]. Days and longer units follow the zone's clock, so a day can have 23 or 25 hours;
 * an hour always has 60 minutes.
 */
export function unitsFrom(instant: number, unit: Unit, zone: Zone): (count: number) => number {
  const local = localTime(instant, zone);
  const width = WIDTH_MS[unit];
  if (width) {
    const start = instant - (local - Math.floor(local / width) * width);
    return (count) => start + count * width;
  }
  const start = floor(local, unit);
  return (count) => {
    const local = step(start, unit, count);
    // No zone knows a time beyond the range of dates.
    return Number.isNaN(new Date(local).getTime()) ? NaN : utcTime(local, zone);
  };
}

// Both take local time, in milliseconds since 1970 on the zone's clock, so that they can use UTC's calendar.

function floor(local: number, unit: Unit): number {
  const date = new Date(local);
  const months = MONTHS[unit];
  if (months)
    return new Date(0).setUTCFullYear(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months, 1);
  const day = Math.floor(local / DAY_MS) * DAY_MS;
  return unit === 'week' ? day - date.getUTCDay() * DAY_MS : day;
}

function step(local: number, unit: Unit, count: number): number {
  const months = MONTHS[unit];
  if (!months) return local + count * DAYS[unit]! * DAY_MS;
  const date = new Date(local);
  return date.setUTCMonth(date.getUTCMonth() + count * months);
}
