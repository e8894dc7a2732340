import { DAY_MS } from '../model/durations.ts';
import { badParameter } from '../model/errors.ts';
import { memoize } from '../model/memoize.ts';
import { MAX_TIME } from '../model/timestamp.ts';
import { isAbsent } from './parameters.ts';

/** A zone name of the IANA database, or an offset in seconds east of UTC. */
export type Zone = string | number;

const MAX_OFFSET_SECONDS = 86_400;
/** `Date.UTC` and `Intl` disagree about years before 100. No zone had an offset of its own then. */
const FIRST_ZONED_TIME = Date.parse('0101-01-01T00:00:00Z');
const MAX_CACHED_ZONES = 1_000;
/**
 * The offset is computed at the ends of spans. Between two equal ones it does not change: no zone has changed its clock
 * and changed it back within three days.
 */
const SPAN_MS = 3 * DAY_MS;
/** Of each zone. The spans of 10,000 days are 3,334. */
const MAX_CACHED_OFFSETS = 5_000;

/** Parses a time zone, UTC by default. @throws DomainError InvalidParameterError */
export function parseZone(value: unknown): Zone {
  if (isAbsent(value)) return 'UTC';
  // In a query string, seconds arrive as text.
  const seconds = typeof value === 'string' && /^-?\d{1,6}$/.test(value) ? Number(value) : value;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && Math.abs(seconds) <= MAX_OFFSET_SECONDS)
    return seconds;
  if (typeof value === 'string' && isKnownZone(value)) return value;
  throw badParameter('"timezone" must be seconds east of UTC, or a name such as "Europe/Berlin".');
}

function isKnownZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false; // Intl has no other check than this RangeError
  }
}

/** Converts an instant to local time, in milliseconds since 1970 on the zone's clock. */
export function localTime(instant: number, zone: Zone): number {
  return instant + offsetMs(instant, zone);
}

/**
 * Converts local time to an instant. If summer time skips that local time, it is the instant after the gap; if the
 * local time occurs twice, it is the first.
 */
export function utcTime(local: number, zone: Zone): number {
  // The offsets a day before and a day after cover a change of summer time in between.
  const [before, after] = [local - DAY_MS, local + DAY_MS].map((instant) => offsetMs(instant, zone)) as [
    number,
    number,
  ];
  const candidates = [local - Math.max(before, after), local - Math.min(before, after)];
  return candidates.find((instant) => localTime(instant, zone) === local) ?? candidates[1]!;
}

function offsetMs(instant: number, zone: Zone): number {
  if (typeof zone === 'number') return zone * 1000;
  const known = Math.min(Math.max(instant, FIRST_ZONED_TIME), MAX_TIME);
  const span = Math.floor(known / SPAN_MS);
  const [first, last] = [offsetAtSpan(span, zone), offsetAtSpan(span + 1, zone)];
  return first === last ? first : computeOffset(known, zone);
}

/** The offset at the start of a span. */
function offsetAtSpan(span: number, zone: string): number {
  const offsets = offsetsOf(zone);
  const known = offsets.get(span);
  if (known !== undefined) return known;
  const offset = computeOffset(Math.min(Math.max(span * SPAN_MS, FIRST_ZONED_TIME), MAX_TIME), zone);
  if (offsets.size >= MAX_CACHED_OFFSETS) offsets.clear();
  offsets.set(span, offset);
  return offset;
}

/** Takes several microseconds, and a query can have 10,000 slices with four offsets each. */
function computeOffset(known: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(known)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return local - Math.floor(known / 1000) * 1000;
}

/** Spans of a zone with their offsets. The name is a key as it is spelled. */
const offsetsOf = memoize((_zone: string) => new Map<number, number>(), 100);

/** Memoized, because the constructor is slow. A zone's name has many spellings, which differ in case. */
const formatOf = memoize(
  (zone) =>
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }),
  MAX_CACHED_ZONES,
);
