import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { badParameter } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import { parseFilters } from '../queries/filters.ts';
import type { Parameters } from '../queries/parameters.ts';
import { ANALYSES, type ParsedAnalysis, parseAnalysis, parseMultiAnalysis } from '../queries/parse-analysis.ts';
import { parseExtraction } from '../queries/parse-extraction.ts';
import { parseFunnel } from '../queries/parse-funnel.ts';
import type { QueryContext } from '../queries/parse-selection.ts';
import { project } from '../queries/project.ts';
import { shapeAnalysis, shapeFunnel } from '../queries/shape.ts';
import type { Context } from './context.ts';

const MAX_QUERY_BYTES = 1_000_000;

/** `GET` and `POST /queries/TYPE`, for each type of Keen's. */
export function reading(app: FastifyInstance, { storage, now }: Context): void {
  const query = (
    type: string,
    answer: (parameters: Parameters, context: QueryContext, reply: FastifyReply) => Promise<unknown>,
  ) =>
    app.route({
      method: ['GET', 'POST'],
      url: `/queries/${type}`,
      bodyLimit: MAX_QUERY_BYTES,
      config: { permission: 'queries' },
      handler: async (request, reply) =>
        answer(
          given(request),
          { now: now(), forcedFilters: parseFilters(request.access.options.queries?.filters) },
          reply,
        ),
    });

  const analyse = async (analysis: ParsedAnalysis, reply: FastifyReply) =>
    shapeAnalysis(analysis, await all(storage.query(analysis.query, whileWanted(reply))));
  for (const type of ANALYSES)
    query(type, async (parameters, context, reply) => analyse(parseAnalysis(type, parameters, context), reply));
  query('multi_analysis', async (parameters, context, reply) =>
    analyse(parseMultiAnalysis(parameters, context), reply),
  );

  query('funnel', async (parameters, context, reply) => {
    const funnel = parseFunnel(parameters, context);
    return shapeFunnel(funnel, await all(storage.query(funnel.query, whileWanted(reply))));
  });

  query('extraction', async (parameters, context, reply) => {
    const extraction = parseExtraction(parameters, context);
    const events = storage.query(extraction, whileWanted(reply))[Symbol.asyncIterator]();
    // Fetched before the answer begins, so that a query that fails can still say so.
    const first = await events.next();
    reply.type('application/json; charset=utf-8');
    return reply.send(Readable.from(asResult(first, events, extraction.properties)));
  });
}

/** Ends a query whose client has gone away: a page that was closed, a request that was given up. */
function whileWanted(reply: FastifyReply): AbortSignal {
  const wanted = new AbortController();
  reply.raw.once('close', () => wanted.abort());
  return wanted.signal;
}

/** A GET carries its parameters in the URL, a POST in a JSON object; a POST may keep `api_key` in the URL. */
function given({ method, query, body }: FastifyRequest): Parameters {
  if (method === 'GET') return query as Parameters;
  if (isObject(body)) return body;
  throw badParameter('The body must be a JSON object with the parameters of the query.');
}

async function all<Row>(chunks: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[][] = [];
  for await (const chunk of chunks) rows.push(chunk);
  return rows.flat();
}

/** `{"result": […]}`, one piece for each chunk from the database, so that no answer has to fit into memory. */
async function* asResult(
  first: IteratorResult<string[]>,
  rest: AsyncIterator<string[]>,
  paths: string[] | undefined,
): AsyncGenerator<string> {
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
