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
  /** `host:port` pairs under which the pages are reached. */
  hosts: readonly string[];
  /** The collector's origin. */
  endpoint: string;
  /** Certificate and key, for HTTPS. */
  tls?: Tls | undefined;
  projectId: string;
  writeKey: string;
  collector: CollectorProcess;
  /** Built files: the package's and the demo's own. */
  packageDist: string;
  demoDist: string;
}

/** The server of the two shops, and of the buttons that stop and start the collector. */
export async function createPagesServer(options: PagesOptions): Promise<FastifyInstance> {
  const { collector, hosts } = options;
  const pages = join(options.demoDist, 'pages');
  const read = (file: string) => readFileSync(join(pages, file), 'utf8');
  const hashes = JSON.parse(readFileSync(join(options.packageDist, 'integrity.json'), 'utf8')) as Record<
    string,
    string
  >;
  const policy = contentSecurityPolicy(options.endpoint, hashes['stub.js']!);
  const values = {
    projectId: options.projectId,
    writeKey: options.writeKey,
    endpoint: options.endpoint,
    integrity: hashes['mailslot.js']!,
    stub: readFileSync(join(options.packageDist, 'stub.js'), 'utf8'),
  };

  const app = fastify({
    forceCloseConnections: true,
    ...(options.tls && { https: options.tls }),
  } as FastifyServerOptions);
  await app.register(cookie);

  app.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  /** A page says in its own tag what the visitor agreed to; a site knows it from its cookie. */
  const page = (file: string) => {
    const template = read(file);
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const { item } = request.params as { item?: string };
      if (item !== undefined && !findGoods(item)) reply.code(404);
      const saved = request.cookies.consent;
      const consent = saved === 'pending' || saved === 'denied' ? saved : 'granted';
      // Revalidated, not `no-store`: that would keep the page out of the back/forward cache.
      reply.type('text/html; charset=utf-8').header('cache-control', 'private, no-cache');
      return fillTemplate(template, { ...values, consent }, read);
    };
  };
  for (const path of ['/', '/goods/:item', '/search']) app.get(path, page('shop.html'));
  for (const path of ['/spa', '/spa/goods/:item', '/spa/search']) app.get(path, page('spa.html'));

  await app.register(files, { root: pages, prefix: '/pages/', allowedPath: (path) => !path.endsWith('.html') });
  for (const file of ['mailslot.js', 'mailslot.js.map']) {
    app.get(`/${file}`, (_request, reply) => reply.sendFile(file, options.packageDist));
  }

  await app.register(
    async (control) => {
      control.addHook('onRequest', async (request, reply) => {
        if (!isOwnPage(request.headers, hosts))
          return reply.code(403).send({ message: 'Only the demo itself may do this.' });
      });
      control.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));
      const state = () => ({ state: collector.state });
      control.get('/state', async () => state());
      control.post('/collector/start', async () => (await collector.start(), state()));
      control.post('/collector/stop', async () => (await collector.stop(), state()));
      // A redirect, because its target holds the dashboard's token, which no page of the shop can read this way.
      control.get('/dashboard', async (_request, reply) => reply.redirect(collector.dashboard));
    },
    { prefix: '/control' },
  );
  return app;
}
