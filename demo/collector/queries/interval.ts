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
 * Splits a timeframe at calendar boundaries, for `minutely` … `yearly` and `every_N_UNITs`, into at most 10,000 slices.
 * The first and the last slice are shorter if the timeframe begins or ends within a unit. N units are counted from the
 * unit in which the timeframe begins [U].
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
    // NaN if the next unit begins beyond the range of dates.
    const unitEnd = startOf(next * count);
    const end = Number.isNaN(unitEnd) ? timeframe.end : Math.min(unitEnd, timeframe.end);
    // A day that the zone skipped has no slice. Samoa skipped one when it moved across the date line.
    if (end > start) slices.push({ start, end });
    if (slices.length > MAX_SLICES)
      throw badParameter(`"interval" cuts the timeframe into more than ${MAX_SLICES} parts.`);
    start = end;
  }
  return slices;
}
