import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { asHook } from './http/as-hook.ts';
import { authorize, authorizeMaster, identifyKey } from './http/authorize.ts';
import { backupRoutes } from './http/backup-routes.ts';
import { parseBodies } from './http/body.ts';
import { limitBodyMemory } from './http/body-memory.ts';
import { createByteRates } from './http/byte-rates.ts';
import { answerClientError } from './http/client-error.ts';
import { completenessRoutes } from './http/completeness-routes.ts';
import { watchConnections } from './http/connections.ts';
import type { Context } from './http/context.ts';
import { crossOrigin } from './http/cross-origin.ts';
import { type DashboardOptions, dashboardRoutes } from './http/dashboard-routes.ts';
import { deletionRoutes } from './http/deletion-routes.ts';
import { discoveryRoutes, projectRoutes } from './http/discovery-routes.ts';
import { handleError } from './http/error-handler.ts';
import { eventRoutes } from './http/event-routes.ts';
import { HttpError } from './http/http-error.ts';
import { keyRoutes } from './http/key-routes.ts';
import { refuseUnknownParameters } from './http/known-parameters.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { handleOneAtATime } from './http/one-at-a-time.ts';
import { DEFAULT_OPTIONS, type ServerOptions } from './http/options.ts';
import { onlyThroughProxy } from './http/proxy.ts';
import { queryRoutes } from './http/query-routes.ts';
import { type RateLimits, rateLimits } from './http/rate-limits.ts';
import { logRequest } from './http/request-logger.ts';
import { schemaRoutes } from './http/schema-routes.ts';
import { smallChunks } from './http/small-chunks.ts';
import { MAX_CONNECTIONS, MAX_HEADER_BYTES, MAX_URL_CHARS } from './http/timeouts.ts';
import { type DomainError, notFound, unavailable } from './model/errors.ts';
import { isIn } from './tls/address.ts';

/** The collector's HTTP side: Keen's API below `/3.0`, the dashboard, and `/health`. It does not listen yet. */
export async function createServer(
  context: Context,
  dashboard: DashboardOptions,
  options: Partial<ServerOptions> = {},
): Promise<FastifyInstance> {
  const metrics = createMetrics(context.storage);
  const settings: ServerOptions = { ...DEFAULT_OPTIONS, ...options };
  const { behindProxy, allowedOrigins, rates, timeouts } = settings;
  const app = Fastify({
    ...frameworkOptions(settings),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, connections, !allowedOrigins.length),
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // Node's own answer to an unknown `Expect` is 417 without a body, a log line or CORS headers.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const connections = watchConnections(app.server, timeouts.readMs, {
    max: settings.connectionsByAddress,
    isExempt: isIn(['loopback', ...behindProxy]),
  });
  handleOneAtATime(app.server);
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    connections.closeIdle();
  });

  addErrorHandlers(app, context);
  const addStandardHeaders = asHook((request, reply) => {
    // `close` instead of Fastify's onResponse, which does not run if the client has gone away.
    const startedAt = performance.now();
    reply.raw.once('close', () => logRequest(request, reply, performance.now() - startedAt, context, metrics));
    reply
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store');
  });
  app.addHook('onRequest', addStandardHeaders);
  await crossOrigin(app, allowedOrigins);
  const limits = await rateLimits(app, rates);
  const checkRequestLine = asHook((request) => {
    // A request on a connection that was already open; the server accepts no new ones.
    if (closing) throw unavailable('The collector is stopping.');
    if (request.url.length > MAX_URL_CHARS)
      throw new HttpError('URITooLongError', `A URL has at most ${MAX_URL_CHARS} characters.`);
  });
  app.addHook('onRequest', checkRequestLine);
  if (behindProxy.length) onlyThroughProxy(app, behindProxy);
  app.addHook('onRequest', limits.byAddress);
  // Before the body is read: whatever it holds, the reason is that there is no such route.
  app.addHook('preParsing', (request, _reply, payload, done) =>
    done(request.is404 ? noSuchRoute(request, context) : null, payload),
  );
  app.addHook('onSend', async (_request, reply, payload) => {
    if (closing) reply.header('connection', 'close');
    return payload instanceof Readable ? Readable.from(smallChunks(payload)) : payload;
  });
  parseBodies(app);

  await app.register(async (operation) => {
    refuseUnknownParameters(operation);
    healthRoute(operation, context);
    metricsRoute(operation, context, metrics);
  });
  await app.register(async (discovery) => discoveryRoutes(discovery, context, limits), { prefix: '/3.0' });
  await app.register(async (project) => addProject(project, context, limits, settings), {
    prefix: '/3.0/projects/:id',
  });
  await app.register(async (pages) => dashboardRoutes(pages, context, dashboard), { prefix: '/dashboard' });
  return app;
}

function frameworkOptions({ tls, behindProxy, timeouts }: ServerOptions): FastifyServerOptions {
  const server = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headersMs,
    // Node's default of 30 seconds would let a slow client exceed a timeout threefold.
    connectionsCheckingInterval: Math.ceil(timeouts.headersMs / 5),
  };
  return {
    logger: false,
    ...(tls ? { https: { ...tls, ...server, handshakeTimeout: timeouts.headersMs } } : { http: server }),
    // X-Forwarded-For counts if it comes from one of these addresses.
    trustProxy: behindProxy.length ? isIn(behindProxy) : false,
    // The collector's own 503 has the API's shape and CORS headers; the framework's has neither.
    return503OnClosing: false,
    connectionTimeout: timeouts.idleMs,
    requestTimeout: timeouts.requestMs,
    // As long as all of a request can be: the framework's own 414 repeats the path, without CORS headers or a log line.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    // The framework rejects a path that it cannot decode before any hook runs: without CORS headers and a log line.
    rewriteUrl: ({ url = '/' }) => (isDecodable(url.split('?', 1)[0]!) ? url : '/…'),
  } as FastifyServerOptions;
}

/** Must run before any route or plugin is added, because each route keeps the handler of that moment. */
function addErrorHandlers(app: FastifyInstance, context: Context): void {
  app.decorateRequest('keyClass', 'none');
  app.decorateRequest('keyId', '');
  app.decorateRequest('access');
  app.decorateRequest('refusal', '');
  app.decorateRequest('bodyRoom');
  app.setErrorHandler(handleError);
  // For files of the dashboard that do not exist.
  app.setNotFoundHandler((request, reply) => handleError(noSuchRoute(request, context), request, reply));
}

function noSuchRoute(request: FastifyRequest, { keyring }: Context): DomainError {
  identifyKey(request, keyring);
  return notFound('There is no such route.');
}

/** For a process supervisor: 503 while events cannot be written, for example on a full disk. */
function healthRoute(app: FastifyInstance, { storage }: Context): void {
  app.get('/health', async (_request, reply) => {
    const healthy = storage.healthy();
    return reply
      .code(healthy ? 200 : 503)
      .send(healthy ? { status: 'ok' } : { status: 'failing', failing: ['events cannot be written to disk'] });
  });
}

/** Only for a Master key. An address proves nothing: a proxy on this machine has a loopback address too. */
function metricsRoute(app: FastifyInstance, context: Context, metrics: Metrics): void {
  app.get('/metrics', { onRequest: async (request) => authorizeMaster(request, context) }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.text()),
  );
}

function addProject(project: FastifyInstance, context: Context, limits: RateLimits, settings: ServerOptions): void {
  project.addHook(
    'onRequest',
    asHook((request) => authorize(request, context)),
  );
  project.addHook('onRequest', limits.byKey);
  refuseUnknownParameters(project);
  limitBodyMemory(project, settings.bodyMemory, settings.timeouts.bodyMs, createByteRates(settings.byteRates));
  projectRoutes(project, context);
  eventRoutes(project, context);
  queryRoutes(project, context);
  schemaRoutes(project, context);
  backupRoutes(project, context);
  completenessRoutes(project, context);
  deletionRoutes(project, context);
  keyRoutes(project, context);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
