import { timingSafeEqual } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createAttempts } from '../dashboard/attempts.ts';
import { loginPage, redirectPage } from '../dashboard/login-page.ts';
import { openSessions } from '../dashboard/sessions.ts';
import { hashKey } from '../model/key.ts';
import { HttpError } from './http-error.ts';
import { networkOf } from './rate-limits.ts';

export interface LoginOptions {
  /** The secret that opens the dashboard. */
  token: string;
  /** Whether browsers reach the dashboard over HTTPS. */
  secure: boolean;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Files of the login page; they need no session. */
const PUBLIC_PATHS = ['/dashboard/login.css', '/dashboard/icon.svg'];
/**
 * A token of this length cannot be guessed by any number of attempts: a generated one has 192 random bits in as many
 * characters. So the right one always opens, and nobody can lock the operator out with wrong ones.
 */
const UNGUESSABLE_CHARS = 32;
const MAX_FORM_BYTES = 2_000;

/**
 * Requires a session for all routes of `app`. The token, from the form or once as `?token=…`, begins a session. The
 * session's cookie is HttpOnly, strictly same-site and, over HTTPS, secure. No browser stores the token itself.
 */
export async function login(app: FastifyInstance, { token, secure, now }: LoginOptions): Promise<void> {
  const expected = hashKey(token);
  const sessions = openSessions(now);
  const attempts = createAttempts(now);
  const isUnguessable = token.length >= UNGUESSABLE_CHARS;
  const options = { httpOnly: true, sameSite: 'strict', path: '/dashboard', secure } as const;
  /** With the port in it: all ports of a host share their cookies, and two collectors must not replace each other's. */
  const cookieName = ({ socket }: FastifyRequest) =>
    `${secure ? '__Secure-' : ''}mailslot_dashboard_${socket.localPort}`;

  /** Exchanges the token for a session. Without `await` before the end, so that no other attempt comes in between. */
  function logIn(given: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const isCrossSite = isFromOtherSite(request);
    // Another site can make a visitor's browser try tokens. Such attempts must not use up the visitor's own, so they are
    // not compared either, unless no number of attempts could guess the token.
    if (isCrossSite && !isUnguessable) return html(reply.code(401), loginPage('Enter the token here.'));
    const address = networkOf(request);
    const secondsToWait = isCrossSite ? 0 : attempts.begin(address);
    const isRight =
      (!secondsToWait || isUnguessable) && typeof given === 'string' && timingSafeEqual(hashKey(given), expected);
    if (isRight) {
      if (!isCrossSite && !secondsToWait) attempts.succeed(address);
      return reply.setCookie(cookieName(request), sessions.begin(), options).redirect('/dashboard/', 303);
    }
    if (secondsToWait) {
      request.refusal = 'TooManyRequestsError: Too many wrong tokens for the dashboard.';
      return html(
        reply.code(429).header('retry-after', secondsToWait),
        loginPage('Too many wrong tokens. Try again in a quarter of an hour.'),
      );
    }
    request.refusal = 'WrongTokenError: The dashboard was tried with a wrong token.';
    return html(reply.code(401), loginPage('That is not the token.'));
  }

  await app.register(cookie);
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    async (_request: FastifyRequest, body: string) => Object.fromEntries(new URLSearchParams(body)),
  );

  app.addHook('onRequest', async (request, reply) => {
    const { token: given } = request.query as { token?: unknown };
    if (request.routeOptions.url === '/dashboard/login' && request.method === 'POST') return checkSameOrigin(request);
    if (given !== undefined) return logIn(given, request, reply);
    const session = request.cookies[cookieName(request)];
    if (PUBLIC_PATHS.includes(request.url) || (session !== undefined && sessions.isOpen(session))) return;
    return refuseAccess(request, reply, session !== undefined);
  });
  app.post('/login', async (request, reply) =>
    logIn((request.body as { token?: unknown } | undefined)?.token, request, reply),
  );
  app.post('/logout', async (request, reply) => {
    checkSameOrigin(request);
    sessions.end(request.cookies[cookieName(request)]!);
    return reply.clearCookie(cookieName(request), options).redirect('/dashboard/', 303);
  });
}

/**
 * Other sites can make a visitor's browser send forms. They must not use up the attempts, nor log anyone in or out.
 * @throws HttpError OriginNotAllowedError
 */
function checkSameOrigin(request: FastifyRequest): void {
  if (isFromOtherSite(request))
    throw new HttpError('OriginNotAllowedError', 'Only the dashboard’s own page may send this.');
}

/** Browsers send the header. `none` is a visitor's own act, such as an address that was pasted. */
function isFromOtherSite({ headers, method }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && !(site === 'none' && method === 'GET');
}

function refuseAccess(request: FastifyRequest, reply: FastifyReply, hadSession: boolean): FastifyReply {
  // Browsers send no `Strict` cookie with a link from another site, even if there is a session. A redirect from here
  // has it.
  const isLink = request.headers['sec-fetch-site'] === 'cross-site' && request.headers['sec-fetch-mode'] === 'navigate';
  if (isLink) return html(reply.code(401).header('refresh', '0; url=/dashboard/'), redirectPage());
  // A visit of the start page, or of a page left open over a restart, is no attempt to get in.
  if (!hadSession && !/^\/dashboard\/?$/.test(request.routeOptions.url ?? ''))
    request.refusal = 'DashboardClosedError: The dashboard was requested without a login.';
  return html(reply.code(401), loginPage());
}

const html = (reply: FastifyReply, text: string): FastifyReply => reply.type('text/html; charset=utf-8').send(text);
