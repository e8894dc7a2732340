import { badParameter } from '../model/errors.ts';
import type { Timeframe } from '../model/timeframe.ts';
import { UNITS, type Unit, unitsFrom } from './calendar.ts';
import type { Zone } from './zone.ts';

const NAMES: Record<string, Unit> = {
  minutely: 'minute',
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
};
const EVERY = new RegExp(`^every_(\\d{1,4})_(${UNITS.join('|')})s?$`);
const MAX_SLICES = 10_000;

/**
 * Cuts a timeframe at the calendar's boundaries, for `minutely` … `yearly` and `every_N_UNITs`. Where it begins or ends inside
 * a unit, the first or last slice is shorter; N units are counted from the one in which it begins [U].
 * @throws DomainError InvalidParameterError
 */
export function parseInterval(value: unknown, timeframe: Timeframe | undefined, zone: Zone): Timeframe[] | undefined {
  if (value === undefined) return undefined;
  const every = typeof value === 'string' ? EVERY.exec(value) : null;
  const unit = every
    ? (every[2] as Unit)
    : typeof value === 'string' && Object.hasOwn(NAMES, value)
      ? NAMES[value]
      : undefined;
  const count = Number(every?.[1] ?? 1);
  if (!unit || count < 1)
    throw badParameter(
      '"interval" must be minutely, hourly, daily, weekly, monthly, quarterly, yearly or every_N_minutes, _hours, …',
    );
  if (!timeframe) throw badParameter('"interval" needs a "timeframe".');

  const startOf = unitsFrom(timeframe.start, unit, zone);
  const slices: Timeframe[] = [];
  for (let next = 1, { start } = timeframe; start < timeframe.end; next++) {
    const end = Math.min(startOf(next * count), timeframe.end);
    // A day that the zone has skipped, as when a country changed sides of the date line, has no slice.
    if (end > start) slices.push({ start, end });
    if (slices.length > MAX_SLICES)
      throw badParameter(`"interval" cuts the timeframe into more than ${MAX_SLICES} parts.`);
    start = end;
  }
  return slices;
}
