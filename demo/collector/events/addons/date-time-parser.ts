import { DAY_MS } from '../../model/durations.ts';
import { parseDateTime } from '../../model/timestamp.ts';
import { type Addon, AddonError } from './addon.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/**
 * `keen:date_time_parser`: the parts of a date and time, in its own zone, or in UTC without a zone. Weeks and days of
 * the week follow ISO 8601: Monday is 1.
 */
export const dateTimeParser: Addon = {
  inputs: ['date_time'],
  run([text]) {
    const parsed = parseDateTime(text);
    if (!parsed) throw new AddonError('its input is not an ISO 8601 date and time');
    // Shifted, so that its UTC getters return the parts in its own zone.
    const local = new Date(parsed.time + parsed.offset * 1000);
    const day = local.getUTCDay() || 7;
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      week: isoWeek(local),
      day_of_month: local.getUTCDate(),
      day_of_week: day,
      day_of_week_string: DAYS[day - 1],
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
      millisecond: local.getUTCMilliseconds(),
      // In seconds, as in the parameter `timezone` of a query; Keen's documentation shows only 0 [U].
      timezone_offset: parsed.offset,
    };
  },
};

/** The number of the ISO 8601 week. A week belongs to the year of its Thursday. */
function isoWeek(date: Date): number {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const newYear = new Date(0).setUTCFullYear(thursday.getUTCFullYear());
  return Math.floor((thursday.getTime() - newYear) / (7 * DAY_MS)) + 1;
}
