import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { parameters, type Context } from '../http/context.ts';
import { ApiError, badParameter, notFound } from '../http/errors.ts';
import { project } from './project.ts';
import { parseCount, parseExtraction, type Parameters } from './query.ts';
import { isObject } from '../recording/validate.ts';

const MAX_QUERY_BYTES = 1_000_000;

/** `GET` and `POST /queries/count`, `/queries/extraction`; `GET /events` and `/events/:collection` (the schema). */
export function reading(app: FastifyInstance, context: Context): void {
  const query = (type: string, answer: (parameters: Parameters, reply: FastifyReply) => Promise<unknown>) =>
    app.route({
      method: ['GET', 'POST'],
      url: `/queries/${type}`,
      bodyLimit: MAX_QUERY_BYTES,
      config: { permission: 'queries' },
      handler: async (request, reply) => {
        try {
          return await answer(given(request), reply);
        } catch (error) {
          throw asRefusal(error);
        }
      },
    });

  query('count', async (parameters) => {
    for await (const [result] of context.storage.query(parseCount(parameters, context.now()))) return { result };
  });

  query('extraction', async (parameters, reply) => {
    const extraction = parseExtraction(parameters, context.now());
    const events = context.storage.query(extraction)[Symbol.asyncIterator]();
    // Fetched before the answer begins, so that a query that fails can still say so.
    const first = await events.next();
    reply.type('application/json; charset=utf-8');
    return reply.send(Readable.from(asResult(first, events, extraction.properties)));
  });

  app.get('/events', { config: { permission: 'schema' } }, async () =>
    [...context.storage.schema()].map(([name, types]) => ({
      name,
      properties: Object.fromEntries(types),
      url: `/3.0/projects/${context.projectId}/events/${encodeURIComponent(name)}`,
    })),
  );

  app.get('/events/:collection', { config: { permission: 'schema' } }, async (request) => {
    const types = context.storage.schema().get(parameters(request).collection!);
    if (!types) throw notFound('There is no such collection.');
    return { properties: Object.fromEntries(types) };
  });
}

/** A GET carries its parameters in the URL, a POST in a JSON object; a POST may keep `api_key` in the URL. */
function given({ method, query, body }: FastifyRequest): Parameters {
  if (method === 'GET') return query as Parameters;
  if (isObject(body)) return body;
  throw badParameter('The body must be a JSON object with the parameters of the query.');
}

/** The database compiles regular expressions; only it can say that one is wrong. */
function asRefusal(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  return /^Invalid Input Error: (missing|invalid|bad|no argument|unexpected|trailing|pattern too large)/.test((error as Error).message)
    ? badParameter('The regular expression of a filter cannot be read (RE2 syntax is taken).')
    : error;
}

/** `{"result": […]}`, one piece for each chunk from the database, so that no answer has to fit into memory. */
async function* asResult(first: IteratorResult<string[]>, rest: AsyncIterator<string[]>, paths: string[] | undefined): AsyncGenerator<string> {
  let separator = '';
  yield '{"result":[';
  try {
    for (let chunk = first; !chunk.done; chunk = await rest.next()) {
      if (!chunk.value.length) continue;
      yield separator + (paths ? chunk.value.map((event) => project(event, paths)) : chunk.value).join(',');
      separator = ',';
    }
  } finally {
    // A client that goes away mid-way must not leave the query open.
    await rest.return?.();
  }
  yield ']}';
}
