import { timingSafeEqual } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { doorPage, onePage } from '../dashboard/login-page.ts';
import { openSessions } from '../dashboard/sessions.ts';
import { hashKey } from '../model/key.ts';
import { HttpError } from './http-error.ts';
import { addressOf } from './rate-limits.ts';

export interface DoorOptions {
  /** Opens the dashboard. */
  token: string;
  /** Whether browsers reach it over HTTPS. */
  secure: boolean;
  now(): number;
}

/** What the door itself is made of; everyone may see it. */
const OUTSIDE = ['/dashboard/login.css', '/dashboard/icon.svg'];
/** Wrong tokens in a quarter of an hour, from one address. A token that was made has 192 random bits; one that was set may be weaker. */
const ATTEMPTS = { max: 10, timeWindow: 15 * 60_000 };

/**
 * Lets nobody past who has not shown the token, in the form or once as `?token=…`. Showing it begins a session, whose cookie
 * is HttpOnly, strictly same-site and, over HTTPS, secure; the token itself is kept by no browser.
 */
export async function door(app: FastifyInstance, { token, secure, now }: DoorOptions): Promise<void> {
  const expected = hashKey(token);
  const sessions = openSessions(now);
  const attempts = app.createRateLimit({ ...ATTEMPTS, keyGenerator: addressOf });
  const options = { httpOnly: true, sameSite: 'strict', path: '/dashboard', secure } as const;
  /** Cookies are shared by all ports of a host; two collectors must not throw out each other's. */
  const cookieName = ({ socket }: FastifyRequest) =>
    `${secure ? '__Secure-' : ''}mailslot_dashboard_${socket.localPort}`;

  /** Exchanges the token for a session. */
  async function enter(given: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // The right token does not help after too many wrong ones, or trying would go on to tell which one is right.
    const before = await attempts(request, { increment: false });
    if (!before.isAllowed && before.remaining === 0) {
      request.refusal = 'TooManyRequestsError: Too many wrong tokens for the dashboard.';
      return html(
        reply.code(429).header('retry-after', Math.max(1, before.ttlInSeconds)),
        doorPage('Too many wrong tokens. Try again in a quarter of an hour.'),
      );
    }
    if (typeof given === 'string' && timingSafeEqual(hashKey(given), expected)) {
      return reply.setCookie(cookieName(request), sessions.begin(), options).redirect('/dashboard/', 303);
    }
    await attempts(request);
    request.refusal = 'WrongTokenError: The dashboard was tried with a wrong token.';
    return html(reply.code(401), doorPage('That is not the token.'));
  }

  await app.register(cookie);
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 2_000 },
    async (_request: FastifyRequest, body: string) => Object.fromEntries(new URLSearchParams(body)),
  );

  app.addHook('onRequest', async (request, reply) => {
    const { token: given } = request.query as { token?: unknown };
    if (request.routeOptions.url === '/dashboard/login' && request.method === 'POST') return onlyFromHere(request);
    if (given !== undefined) return enter(given, request, reply);
    const session = request.cookies[cookieName(request)];
    if (OUTSIDE.includes(request.url) || (session !== undefined && sessions.isOpen(session))) return;
    return closed(request, reply, session !== undefined);
  });
  app.post('/login', async (request, reply) =>
    enter((request.body as { token?: unknown } | undefined)?.token, request, reply),
  );
  app.post('/logout', async (request, reply) => {
    onlyFromHere(request);
    sessions.end(request.cookies[cookieName(request)]!);
    return reply.clearCookie(cookieName(request), options).redirect('/dashboard/', 303);
  });
}

/** Other sites may make a visitor's browser send forms; they must not use up the attempts, nor log anyone in or out. */
function onlyFromHere({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin')
    throw new HttpError('OriginNotAllowedError', 'Only the dashboard’s own page may send this.');
}

function closed(request: FastifyRequest, reply: FastifyReply, stale: boolean): FastifyReply {
  // A link from another site brings no `Strict` cookie along, even to someone who has one. One step from here does.
  const again = request.headers['sec-fetch-site'] === 'cross-site' && request.headers['sec-fetch-mode'] === 'navigate';
  if (again) return html(reply.code(401).header('refresh', '0; url=/dashboard/'), onePage());
  // Whoever comes to the door, or has left a page open over a restart, is nobody who tries.
  if (!stale && !/^\/dashboard\/?$/.test(request.routeOptions.url ?? ''))
    request.refusal = 'DashboardClosedError: The dashboard was asked without a login.';
  return html(reply.code(401), doorPage());
}

const html = (reply: FastifyReply, text: string): FastifyReply => reply.type('text/html; charset=utf-8').send(text);
