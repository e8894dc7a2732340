import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import files from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../http/context.ts';
import { SPANS, type Span } from './page/data.ts';
import { activityData } from './activity-data.ts';
import { dashboardData } from './dashboard-data.ts';
import { badParameter } from '../http/errors.ts';
import { hashKey } from '../keys/keys.ts';

export interface DashboardOptions {
  /** The folder with the built dashboard. */
  folder: string;
  /** Opens the dashboard; a new one at each start. */
  token: string;
}

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * The dashboard below `/dashboard/`, with its data at `data`, and of refused requests `activity` with `activity/data`. Whoever opens `?token=…` once gets a cookie and may
 * read, nothing else; the Read key itself never reaches a browser. Other origins get no CORS headers here.
 */
export async function serveDashboard(app: FastifyInstance, context: Context, { folder, token }: DashboardOptions): Promise<void> {
  const expected = hashKey(token);
  const matches = (text: unknown) => typeof text === 'string' && timingSafeEqual(hashKey(text), expected);
  const read = dashboardData(context);

  await app.register(cookie);
  await app.register(compress);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    const name = cookieName(request);
    if (matches((request.query as { token?: unknown }).token)) {
      // Not `Secure`: plain HTTP on loopback is how it runs. `Strict` and the path keep it from going anywhere else.
      reply.setCookie(name, token, { httpOnly: true, sameSite: 'strict', path: '/dashboard' });
      return reply.redirect('/dashboard/', 303);
    }
    if (!matches(request.cookies[name])) return closed(request, reply, request.cookies[name] !== undefined);
  });

  app.get('/', async (_request, reply) => reply.sendFile('index.html'));
  app.get('/data', async (request) => {
    const { span = '1h' } = request.query as { span?: string };
    if (!Object.hasOwn(SPANS, span)) throw badParameter(`"span" must be one of ${Object.keys(SPANS).join(', ')}.`);
    return read(span as Span);
  });
  app.get('/activity', async (_request, reply) => reply.sendFile('activity.html'));
  app.get('/activity/data', async ({ query }) => activityData(query as Record<string, unknown>, context));
  await app.register(files, { root: folder, index: false, cacheControl: false });
}

/** Cookies are shared by all ports of a host; two collectors must not throw out each other's. */
const cookieName = ({ socket }: FastifyRequest) => `mailslot_dashboard_${socket.localPort}`;

function closed(request: FastifyRequest, reply: FastifyReply, stale: boolean): FastifyReply {
  // A link from another site brings no `Strict` cookie along, even to someone who has one. One step from here does.
  const again = request.headers['sec-fetch-site'] === 'cross-site' && request.headers['sec-fetch-mode'] === 'navigate';
  if (again) reply.header('refresh', '0; url=/dashboard/');
  // A page that was left open over a restart asks with its old cookie. That is nobody trying.
  else if (!stale) request.refusal = 'DashboardClosedError: The dashboard was opened without its token.';
  return reply.code(401).type('text/html; charset=utf-8').send(
    again ? page('Opening the dashboard…', 'One moment.') : page(
      'This dashboard is closed',
      'Open the address that the collector printed when it started: the line with <code>"dashboard"</code> in it. It is a new one at each start.',
    ),
  );
}

const page = (title: string, text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
