import type { FastifyRequest } from 'fastify';
import { looksSecret } from '../model/shown-name.ts';
import { type Context, parameters } from './context.ts';

/** Query parameters that the log shows. Others can hold anything, so the log shows only that there were some. */
const SHOWN_PARAMETERS = ['event_collection', 'timeframe', 'timezone', 'latest', 'property_names'];

/** Longer texts are not shown. */
const MAX_SHOWN_CHARS = 128;

/**
 * One line of JSON: time, method, path, status, milliseconds. Never a header, a body or a key, wherever the client put
 * it.
 */
export function logLine(request: FastifyRequest, status: number, ms: number, context: Context): string {
  return JSON.stringify({
    time: new Date(context.now()).toISOString(),
    method: request.method,
    path: redactPath(request, context) + redactQuery(request, context),
    status,
    ms: Math.round(ms * 10) / 10,
  });
}

/** The words of the routes' patterns. */
const KNOWN_WORDS = new Set(
  '3.0 projects events properties queries keys completeness dashboard health metrics'.split(' '),
);
/** Shorter texts are no keys. */
const MIN_KEY_CHARS = 16;

/**
 * The route's pattern, with those of its parameters that can be shown. Of an unknown route, the words that cannot be a
 * part of a key: a key with slashes is several segments.
 */
export function redactPath(request: FastifyRequest, context: Context): string {
  const { id, collection } = parameters(request);
  const pattern = request.routeOptions.url;
  const isKnown = pattern !== undefined && !pattern.includes('*');
  const path = isKnown ? pattern : request.url.split('?', 1)[0]!;
  return path
    .split('/')
    .map((segment, index, segments) => {
      if (segment === ':id') return id === context.projectId ? id : '…';
      if (segment === context.projectId) return segment;
      // Keen's routes for keys have the key itself in this segment, and so can a misspelt one.
      if (segments[index - 1] === 'keys') return '…';
      if (segment === ':collection') return redact(collection ?? '', context);
      // The words of a known pattern hold no secrets, and to check each would take longer than the rest of the line.
      if (isKnown && !segment.startsWith(':')) return segment;
      return isKnown || !isInLongRun(segments, index, context.projectId) ? redact(segment, context) : '…';
    })
    .join('/');
}

/** Whether a segment and the unknown ones beside it are together long enough for a key. */
function isInLongRun(segments: string[], index: number, projectId: string): boolean {
  const isUnknown = (at: number) =>
    at >= 0 && at < segments.length && segments[at] !== projectId && !KNOWN_WORDS.has(segments[at]!);
  if (!isUnknown(index)) return false;
  let [first, last] = [index, index];
  // Each segment adds at least its slash, so a longer run need not be followed.
  while (isUnknown(first - 1) && index - first < MIN_KEY_CHARS) first--;
  while (isUnknown(last + 1) && last - index < MIN_KEY_CHARS) last++;
  return segments.slice(first, last + 1).join('/').length >= MIN_KEY_CHARS;
}

/** An unescaped plus arrives as a space, and would cut a key in two. */
function redactQuery({ query }: FastifyRequest, context: Context): string {
  const given = Object.entries((query ?? {}) as Record<string, unknown>);
  const parts = given.flatMap(([name, value]) =>
    SHOWN_PARAMETERS.includes(name) ? [`${name}=${redact(String(value).replaceAll(' ', '+'), context)}`] : [],
  );
  if (parts.length < given.length) parts.push('…');
  return parts.length ? `?${parts.join('&')}` : '';
}

/** The text, or `…` if it holds a key or something that could be one. */
export function redact(text: string, context: Context): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return '…'; // not decodable, so it cannot be checked
  }
  if (plain.length > MAX_SHOWN_CHARS || plain.includes('%')) return '…';
  // A key with a label, long hex digits as in Keen's keys, or a key of this project in any form.
  if (looksSecret(plain)) return '…';
  const words = new Set([
    plain,
    ...plain.split(/[^\w-]+/),
    ...plain.split(/[^\w+/=-]+/),
    ...plain.split(/[\s,;&"'<>]+/),
  ]);
  return [...words].some((word) => context.keyring.find(word)) ? '…' : text;
}

/** An Origin header in the form that browsers send, else `…`. */
export const redactOrigin = (origin: string, context: Context): string =>
  origin === '' || origin === 'null' || /^[a-z][a-z\d+.-]*:\/\/[a-z\d.-]+(:\d{1,5})?$/.test(origin)
    ? redact(origin, context)
    : '…';
