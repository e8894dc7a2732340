const last = { time: NaN, text: '' };

/** Milliseconds since 1970 in UTC, the way that the collector spells all times. Each event asks for its own several times in a row. */
export function toIso(time: number): string {
  if (time !== last.time) {
    last.text = new Date(time).toISOString();
    last.time = time;
  }
  return last.text;
}

// Date, then optionally a time to the minute, second or a fraction of it, then optionally Z or an offset.
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Milliseconds since 1970 of an ISO 8601 date or time; `undefined` for anything else. */
export function parseTimestamp(text: unknown): number | undefined {
  // As `toISOString` and so nearly every client spells it: what comes back the same is right, and there is no quicker check.
  if (typeof text === 'string' && text.length === 24 && text.endsWith('Z')) {
    const time = Date.parse(text);
    if (!Number.isNaN(time) && toIso(time) === text) return time;
  }
  return parseDateTime(text)?.time;
}

/**
 * An ISO 8601 date or time in milliseconds since 1970, and the seconds by which the zone that it names is ahead of UTC; `undefined` for
 * anything else. Without a zone it is UTC. Stricter than `Date.parse`, which takes other formats and rolls 30 February over into March.
 */
export function parseDateTime(text: unknown): { time: number; offset: number } | undefined {
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
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const fraction = Math.trunc(Number(`0.${match[7] ?? 0}`) * 1000);
  date.setUTCHours(hour, minute, second, fraction);

  const offset = offsetMinutes(match[8]);
  return offset === undefined ? undefined : { time: date.getTime() - offset * 60_000, offset: offset * 60 };
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (!zone || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
