import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { activityData } from '../dashboard/activity-data.ts';
import { dashboardData } from '../dashboard/dashboard-data.ts';
import { SPANS, type Span } from '../dashboard/page/data.ts';
import { badParameter } from '../model/errors.ts';
import type { Context } from './context.ts';
import { refuseUnknownParameters } from './known-parameters.ts';
import { login } from './login.ts';

export interface DashboardOptions {
  /** The folder with the built dashboard. */
  folder: string;
  /** The secret that opens the dashboard. */
  token: string;
  /** Whether browsers reach the dashboard over HTTPS, here or at a proxy. */
  secure: boolean;
  /**
   * Whether to send Strict-Transport-Security. It holds for every port of this host, so it must be false with a
   * self-signed certificate.
   */
  hsts: boolean;
}

const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
};
const HSTS_SECONDS = 180 * 86_400;

/**
 * The dashboard's pages below `/dashboard/`: its start page with `data`, the page of refused requests at `activity`
 * with `activity/data`, and the login. A session can read only; no key reaches a browser. Other origins get no CORS
 * headers here.
 */
export async function dashboardRoutes(
  app: FastifyInstance,
  context: Context,
  { folder, token, secure, hsts }: DashboardOptions,
): Promise<void> {
  const read = dashboardData(context);

  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    strictTransportSecurity: hsts ? { maxAge: HSTS_SECONDS, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
  });
  await app.register(compress);
  await login(app, { token, secure, now: context.now });

  app.get('/', async (_request, reply) => reply.sendFile('index.html'));
  app.get('/activity', async (_request, reply) => reply.sendFile('activity.html'));
  await app.register(async (data) => {
    refuseUnknownParameters(data);
    data.get('/data', { config: { parameters: ['span'] } }, async (request) => {
      const { span = '1h' } = request.query as { span?: string };
      if (!Object.hasOwn(SPANS, span)) throw badParameter(`"span" must be one of ${Object.keys(SPANS).join(', ')}.`);
      return read(span as Span);
    });
    data.get('/activity/data', { config: { parameters: ['key', 'code', 'limit'] } }, async ({ query }) =>
      activityData(query as Record<string, unknown>, context),
    );
  });
  await app.register(files, { root: folder, index: false, cacheControl: false });
}
