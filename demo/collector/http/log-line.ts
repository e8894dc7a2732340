import type { FastifyRequest } from 'fastify';
import { type Context, parameters } from './context.ts';

/** Parameters of a query that the log shows. Others may hold anything, so only that there were some is shown. */
const SHOWN = ['event_collection', 'timeframe', 'timezone', 'latest', 'property_names'];

/** One line of JSON: time, method, path, status and milliseconds. No header, no body, and no key, wherever the client put it. */
export function logLine(request: FastifyRequest, status: number, ms: number, context: Context): string {
  return JSON.stringify({
    time: new Date(context.now()).toISOString(),
    method: request.method,
    path: shownPath(request, context) + shownQuery(request, context),
    status,
    ms: Math.round(ms * 10) / 10,
  });
}

/** The route's pattern with its parameters, where these can be shown; for an unknown route, what can be shown of its path. */
export function shownPath(request: FastifyRequest, context: Context): string {
  const { id, collection } = parameters(request);
  const pattern = request.routeOptions.url;
  const isKnown = pattern !== undefined && !pattern.includes('*');
  const path = isKnown ? pattern : request.url.split('?', 1)[0]!;
  return path
    .split('/')
    .map((segment, index, segments) => {
      if (segment === ':id') return id === context.projectId ? id : '…';
      if (segment === context.projectId) return segment;
      // Keen's routes for keys have the key itself there; so may what is nearly one of them.
      if (segments[index - 1] === 'keys') return '…';
      if (segment === ':collection') return shown(collection ?? '', context);
      // A route's own words are ours; to look at each would take longer than the rest of the line.
      return isKnown && !segment.startsWith(':') ? segment : shown(segment, context);
    })
    .join('/');
}

function shownQuery({ query }: FastifyRequest, context: Context): string {
  const given = Object.entries((query ?? {}) as Record<string, unknown>);
  const parts = given.flatMap(([name, value]) =>
    SHOWN.includes(name) ? [`${name}=${shown(String(value), context)}`] : [],
  );
  if (parts.length < given.length) parts.push('…');
  return parts.length ? `?${parts.join('&')}` : '';
}

/** The text, unless a key or what could be one is in it. */
export function shown(text: string, context: Context): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return '…'; // not decodable, so it cannot be looked at
  }
  if (plain.length > 128 || plain.includes('%')) return '…';
  // Labelled like ours, long hex like Keen's, or one of this project's, whatever its form.
  if (/(write|read|master|access)_|[0-9a-f]{24,}/i.test(plain)) return '…';
  const words = new Set([plain, ...plain.split(/[^\w-]+/)]);
  return [...words].some((word) => context.keyring.find(word)) ? '…' : text;
}
