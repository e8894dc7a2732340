/** Years 0000 to 9999. Beyond them ISO 8601 has a sign and six digits, and such text does not sort like a time. */
export const MIN_TIME = Date.parse('0000-01-01T00:00:00Z');
export const MAX_TIME = Date.parse('9999-12-31T23:59:59.999Z');

const last = { time: NaN, text: '' };

/**
 * Formats milliseconds since 1970 as ISO 8601 in UTC. Caches the last result, because each event formats its time
 * repeatedly.
 */
export function toIso(time: number): string {
  if (time !== last.time) {
    last.text = new Date(time).toISOString();
    last.time = time;
  }
  return last.text;
}

// A date; optionally a time to the minute, second or fraction; optionally `Z` or an offset.
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Parses an ISO 8601 date or time into milliseconds since 1970. Returns `undefined` for anything else. */
export function parseTimestamp(text: unknown): number | undefined {
  // The format of `toISOString`, which nearly all clients send. If formatting restores the text, it is valid; no check
  // is faster.
  if (typeof text === 'string' && text.length === 24 && text.endsWith('Z')) {
    const time = Date.parse(text);
    if (!Number.isNaN(time) && toIso(time) === text) return time;
  }
  return parseDateTime(text)?.time;
}

export interface DateTime {
  /** Milliseconds since 1970. */
  time: number;
  /** Seconds by which the text's zone is ahead of UTC. */
  offset: number;
}

/**
 * Parses an ISO 8601 date or time; without a zone it is in UTC. Returns `undefined` for anything else. Stricter than
 * `Date.parse`, which accepts other formats and turns 30 February into March.
 */
export function parseDateTime(text: unknown): DateTime | undefined {
  const match = typeof text === 'string' ? ISO_8601.exec(text) : null;
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;

  const date = new Date(0);
  // Not Date.UTC, which maps the years 0 to 99 to 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const fraction = Math.trunc(Number(`0.${match[7] ?? 0}`) * 1000);
  date.setUTCHours(hour, minute, second, fraction);

  const offset = offsetMinutes(match[8]);
  if (offset === undefined) return undefined;
  // An offset can lead out of the first or the last year.
  const time = date.getTime() - offset * 60_000;
  return time >= MIN_TIME && time <= MAX_TIME ? { time, offset: offset * 60 } : undefined;
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (!zone || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
