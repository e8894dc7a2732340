import { badParameter } from '../model/errors.ts';

/** A zone name of the IANA database, or seconds east of UTC. */
export type Zone = string | number;

/** @throws DomainError InvalidParameterError */
export function parseZone(value: unknown): Zone {
  if (value === undefined || value === null || value === '') return 'UTC';
  // In a query string, seconds arrive as text.
  const seconds = typeof value === 'string' && /^-?\d{1,6}$/.test(value) ? Number(value) : value;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && Math.abs(seconds) <= 86_400) return seconds;
  if (typeof value === 'string' && known(value)) return value;
  throw badParameter('"timezone" must be seconds east of UTC, or a name such as "Europe/Berlin".');
}

function known(zone: string): boolean {
  try {
    clock(zone);
    return true;
  } catch {
    return false; // a RangeError: Intl's only way to say so
  }
}

/** The zone's clock at an instant, as milliseconds since 1970 on that clock. */
export function localTime(instant: number, zone: Zone): number {
  return instant + offset(instant, zone);
}

/**
 * The instant at which the zone's clock shows `local`. Where summer time skips that hour it is the
 * moment after the gap; where the hour comes twice it is the first.
 */
export function utcTime(local: number, zone: Zone): number {
  // The offset is looked up at two guesses, a day apart on either side of any change near by.
  const [before, after] = [local - 86_400_000, local + 86_400_000].map((guess) => offset(guess, zone)) as [
    number,
    number,
  ];
  const candidates = [local - Math.max(before, after), local - Math.min(before, after)];
  return candidates.find((instant) => localTime(instant, zone) === local) ?? candidates[1]!;
}

function offset(instant: number, zone: Zone): number {
  if (typeof zone === 'number') return zone * 1000;
  const parts = Object.fromEntries(
    clock(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return wall - Math.floor(instant / 1000) * 1000;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Making one is slow, so they are kept. A name may be spelt in many ways, hence the bound. */
function clock(zone: string): Intl.DateTimeFormat {
  const made =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  if (clocks.size > 1000) clocks.clear();
  clocks.set(zone, made);
  return made;
}
