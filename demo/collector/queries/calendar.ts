import { localTime, utcTime, type Zone } from './zone.ts';

export const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Unit = (typeof UNITS)[number];

const DAY = 86_400_000;
const MONTHS: Partial<Record<Unit, number>> = { month: 1, quarter: 3, year: 12 };
const DAYS: Partial<Record<Unit, number>> = { day: 1, week: 7 };
const MILLISECONDS: Partial<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000 };

/**
 * The starts of calendar units: of the one that holds `instant` for 0, of the next one for 1, and so on. Weeks begin on Sunday
 * [U]. Days and longer units begin by the zone's clock, so one may have 23 or 25 hours; an hour always has 60 minutes.
 */
export function unitsFrom(instant: number, unit: Unit, zone: Zone): (count: number) => number {
  const local = localTime(instant, zone);
  const width = MILLISECONDS[unit];
  if (width) {
    const start = instant - (local - Math.floor(local / width) * width);
    return (count) => start + count * width;
  }
  const start = floor(local, unit);
  return (count) => utcTime(step(start, unit, count), zone);
}

// Both work on local time: milliseconds since 1970 on the clock of the zone, so that UTC's calendar can be used for it.

function floor(local: number, unit: Unit): number {
  const date = new Date(local);
  const months = MONTHS[unit];
  if (months)
    return new Date(0).setUTCFullYear(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months, 1);
  const day = Math.floor(local / DAY) * DAY;
  return unit === 'week' ? day - date.getUTCDay() * DAY : day;
}

function step(local: number, unit: Unit, count: number): number {
  const months = MONTHS[unit];
  if (!months) return local + count * DAYS[unit]! * DAY;
  const date = new Date(local);
  return date.setUTCMonth(date.getUTCMonth() + count * months);
}
