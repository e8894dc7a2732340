import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { authorize, recognise } from './http/authorize.ts';
import { readBodies } from './http/body.ts';
import { boundBodies } from './http/body-memory.ts';
import { answerClientError } from './http/client-error.ts';
import { watchConnections } from './http/connections.ts';
import type { Context } from './http/context.ts';
import { crossOrigin } from './http/cross-origin.ts';
import { type DashboardOptions, serveDashboard } from './http/dashboard-routes.ts';
import { removing } from './http/deletion-routes.ts';
import { handleError } from './http/error-handler.ts';
import { recording } from './http/event-routes.ts';
import { HttpError } from './http/http-error.ts';
import { managing } from './http/key-routes.ts';
import { OPEN, type ServerOptions } from './http/options.ts';
import { onlyThroughProxy } from './http/proxy.ts';
import { reading } from './http/query-routes.ts';
import { rateLimits } from './http/rate-limits.ts';
import { note } from './http/request-logger.ts';
import { schema } from './http/schema-routes.ts';
import { inPieces } from './http/small-chunks.ts';
import { MAX_CONNECTIONS, MAX_HEADER_BYTES, MAX_URL } from './http/timeouts.ts';
import { notFound, unavailable } from './model/errors.ts';
import { isIn } from './tls/address.ts';

/** The collector's HTTP side: Keen's API below `/3.0`, the dashboard, and `/health`. It does not listen yet. */
export async function createServer(
  context: Context,
  dashboard: DashboardOptions,
  options: Partial<ServerOptions> = {},
): Promise<FastifyInstance> {
  const { tls, behindProxy, allowedOrigins, rates, bodyRoom, patience } = { ...OPEN, ...options };
  const transport = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: patience.headers,
    connectionsCheckingInterval: Math.ceil(patience.headers / 5),
  };
  const app = Fastify({
    logger: false,
    ...(tls ? { https: { ...tls, ...transport, handshakeTimeout: patience.headers } } : { http: transport }),
    // X-Forwarded-For counts when it comes from one of these.
    trustProxy: behindProxy.length ? isIn(behindProxy) : false,
    // Ours answers in the API's shape, with CORS headers; the framework's does not.
    return503OnClosing: false,
    connectionTimeout: patience.silence,
    requestTimeout: patience.request,
    routerOptions: { maxParamLength: 256 },
    // The framework refuses a path that it cannot decode before any hook, so without CORS headers or a line in the log.
    rewriteUrl: ({ url = '/' }) => (isDecodable(url.split('?', 1)[0]!) ? url : '/…'),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, connections, !allowedOrigins.length),
  } as FastifyServerOptions);
  app.server.maxConnections = MAX_CONNECTIONS;
  const connections = watchConnections(app.server, patience.reading);
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    connections.closeIdle();
  });

  app.decorateRequest('keyClass', 'none');
  app.decorateRequest('keyId', '');
  app.decorateRequest('access');
  app.decorateRequest('refusal', '');
  // Before any route, also those of plugins: each is bound to the handler of its moment.
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => {
    recognise(request, context.keyring);
    handleError(notFound('There is no such route.'), request, reply);
  });
  app.addHook('onRequest', async (request, reply) => {
    // 'close', and not Fastify's onResponse, which is silent about clients that went away.
    const began = performance.now();
    reply.raw.once('close', () => note(request, reply, performance.now() - began, context));
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store');
  });
  await crossOrigin(app, allowedOrigins);
  const limits = await rateLimits(app, rates);
  app.addHook('onRequest', async (request) => {
    // On a connection that was open already; new ones are not taken any more.
    if (closing) throw unavailable('The collector is stopping.');
    if (request.url.length > MAX_URL)
      throw new HttpError('URITooLongError', `A URL has at most ${MAX_URL} characters.`);
  });
  if (behindProxy.length) onlyThroughProxy(app, behindProxy);
  app.addHook('onRequest', limits.byAddress);
  app.addHook('onSend', async (_request, reply, payload) => {
    if (closing) reply.header('connection', 'close');
    return payload instanceof Readable ? Readable.from(inPieces(payload)) : payload;
  });
  readBodies(app);

  // For whoever watches over the process: 503 while events cannot be written, a full disk say.
  app.get('/health', async (_request, reply) => {
    const healthy = context.storage.healthy();
    return reply.code(healthy ? 200 : 503).send({ status: healthy ? 'ok' : 'failing' });
  });
  await app.register(
    async (project) => {
      project.addHook('onRequest', async (request) => authorize(request, context));
      project.addHook('onRequest', limits.byKey);
      boundBodies(project, bodyRoom);
      recording(project, context);
      reading(project, context);
      schema(project, context);
      removing(project, context);
      managing(project, context);
    },
    { prefix: '/3.0/projects/:id' },
  );
  await app.register(async (pages) => serveDashboard(pages, context, dashboard), { prefix: '/dashboard' });
  return app;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
