import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cookie from '@fastify/cookie';
import files from '@fastify/static';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
} from 'fastify';
import type { Tls } from '../../collector/tls/tls.ts';
import { findGoods } from '../shared/goods.ts';
import type { CollectorProcess } from './collector-process.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { fillTemplate } from './fill-template.ts';
import { isOwnPage } from './is-own-page.ts';

export interface PagesOptions {
  /** `host:port` pairs that the pages are served at. */
  hosts: readonly string[];
  /** The collector's origin. */
  endpoint: string;
  /** Certificate and key for HTTPS; HTTP without them. */
  tls?: Tls | undefined;
  projectId: string;
  writeKey: string;
  collector: CollectorProcess;
  /** Folder of the built package. */
  packageDist: string;
  /** Folder of the built demo. */
  demoDist: string;
}

/** Creates the server of both shops, and of the panel's buttons that stop and start the collector. */
export async function createPagesServer(options: PagesOptions): Promise<FastifyInstance> {
  const hashes = JSON.parse(readFileSync(join(options.packageDist, 'integrity.json'), 'utf8')) as Record<
    string,
    string
  >;
  const headers = {
    'content-security-policy': contentSecurityPolicy(options.endpoint, hashes['stub.js']!),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };

  const app = fastify({
    forceCloseConnections: true,
    ...(options.tls && { https: options.tls }),
  } as FastifyServerOptions);
  await app.register(cookie);
  app.addHook('onSend', async (_request, reply) => void reply.headers(headers));

  addPages(app, options, hashes);
  await app.register(files, { root: join(options.demoDist, 'shop/assets'), prefix: '/assets/' });
  await app.register(files, { root: join(options.packageDist, 'addons'), prefix: '/addons/', decorateReply: false });
  for (const file of ['mailslot.js', 'mailslot.js.map']) {
    app.get(`/${file}`, (_request, reply) => reply.sendFile(file, options.packageDist));
  }
  await app.register(async (control) => addControlRoutes(control, options), { prefix: '/control' });
  return app;
}

/** The add-ons of both shops. */
const ADDONS = ['views', 'engagement', 'clicks', 'forms', 'errors', 'vitals'];

/** Adds the pages of both shops. `hashes` are those of the package's files. */
function addPages(app: FastifyInstance, options: PagesOptions, hashes: Record<string, string>): void {
  const { projectId, writeKey, endpoint } = options;
  const stub = readFileSync(join(options.packageDist, 'stub.js'), 'utf8');
  const preloads = ADDONS.map((name) => {
    const file = `addons/${name}.js`;
    return `<link rel="modulepreload" href="/${file}" integrity="${hashes[file]}">`;
  }).join('\n');
  const integrity = hashes['mailslot.js']!;
  const values = { projectId, writeKey, endpoint, integrity, stub, preloads, addons: ADDONS.join(' ') };

  const page = (file: string, shopValues: Record<string, string>) => {
    const template = readFileSync(join(options.demoDist, 'shop', file), 'utf8');
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const { item } = request.params as { item?: string };
      if (item !== undefined && !findGoods(item)) reply.code(404);
      const saved = request.cookies.consent;
      const consent = saved === 'pending' || saved === 'denied' ? saved : 'granted';
      // Revalidated rather than `no-store`, which would keep the page out of the back/forward cache.
      reply.type('text/html; charset=utf-8').header('cache-control', 'private, no-cache');
      return fillTemplate(template, { ...values, ...shopValues, consent });
    };
  };
  const website = page('shop.html', { home: '/', search: '/search', isWebsite: 'true', isApp: 'false' });
  const singlePageApp = page('spa.html', { home: '/spa', search: '/spa/search', isWebsite: 'false', isApp: 'true' });
  for (const path of ['/', '/goods/:item', '/search']) app.get(path, website);
  for (const path of ['/spa', '/spa/goods/:item', '/spa/search']) app.get(path, singlePageApp);
}

/** Adds the routes of the panel's buttons, which only the demo's own pages may call. */
function addControlRoutes(control: FastifyInstance, { collector, hosts }: PagesOptions): void {
  control.addHook('onRequest', async (request, reply) => {
    if (!isOwnPage(request.headers, hosts))
      return reply.code(403).send({ message: 'Only the demo’s own pages may do this.' });
  });
  control.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  const state = () => ({ state: collector.state });
  control.get('/state', async () => state());
  control.post('/collector/start', async () => {
    await collector.start();
    return state();
  });
  control.post('/collector/stop', async () => {
    await collector.stop();
    return state();
  });
  // A redirect, because its target contains the dashboard's token, and scripts cannot read a redirect's target.
  control.get('/dashboard', async (_request, reply) => reply.redirect(collector.dashboard));
}
