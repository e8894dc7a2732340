import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { badParameter } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import type { Query, Rows } from '../model/query.ts';
import { parseFilters } from '../queries/filters.ts';
import { isAbsent, type Parameters } from '../queries/parameters.ts';
import { ANALYSES, type ParsedAnalysis, parseAnalysis, parseMultiAnalysis } from '../queries/parse-analysis.ts';
import { parseExtraction } from '../queries/parse-extraction.ts';
import { parseFunnel } from '../queries/parse-funnel.ts';
import type { QueryContext } from '../queries/parse-selection.ts';
import { shapeAnalysis, shapeFunnel } from '../queries/shape.ts';
import { warningsFor } from '../queries/warnings.ts';
import { preferredType } from './accept.ts';
import type { Context } from './context.ts';
import { asLines, asResult, csvColumns, EXTRACTION_TYPES } from './extraction-answer.ts';
import { ownParameters } from './known-parameters.ts';
import { jsonPieces, MAX_AT_ONCE, sendPieces } from './large-answer.ts';

const MAX_QUERY_BYTES = 1_000_000;

/** A member of the answer beside `result`; Keen's clients ignore it. Absent without warnings. */
interface Warnings {
  warnings?: string[];
}
type Warn = (query: Query) => Promise<Warnings>;
const asMember = (warnings: string[]): Warnings => (warnings.length ? { warnings } : {});

/** `GET`, `HEAD` and `POST /queries/TYPE`, for each of Keen's types. */
export function queryRoutes(app: FastifyInstance, { storage, now }: Context): void {
  const addQuery = (
    type: string,
    answer: (parameters: Parameters, context: QueryContext, reply: FastifyReply, warn: Warn) => Promise<unknown>,
  ) =>
    app.route({
      method: ['GET', 'POST'],
      url: `/queries/${type}`,
      bodyLimit: MAX_QUERY_BYTES,
      config: { permission: 'queries', parameters: 'checked by the handler' },
      handler: async (request, reply) => {
        const forcedFilters = parseFilters(request.access.options.queries?.filters);
        // Not for a key that may not read the schema, because a warning tells about it.
        const warn: Warn = async (query) =>
          request.access.permitted.includes('schema')
            ? asMember(await warningsFor(query, forcedFilters.length, storage.schema(), storage.overview.misdated))
            : {};
        const parameters = withoutKeens(readParameters(request), type);
        return answer(parameters, { now: now(), forcedFilters }, reply, warn);
      },
    });

  const analyse = async (analysis: ParsedAnalysis, reply: FastifyReply, warn: Warn) => {
    const rows = await collect(storage.query(analysis.query, abortOnClose(reply)));
    const answer = { ...(await shapeAnalysis(analysis, rows)), ...(await warn(analysis.query)) };
    return isLarge(analysis, rows) ? sendPieces(reply, jsonPieces(answer)) : answer;
  };
  for (const type of ANALYSES)
    addQuery(type, async (parameters, context, ...rest) => analyse(parseAnalysis(type, parameters, context), ...rest));
  addQuery('multi_analysis', async (parameters, context, ...rest) =>
    analyse(parseMultiAnalysis(parameters, context), ...rest),
  );

  addQuery('funnel', async (parameters, context, reply, warn) => {
    const funnel = parseFunnel(parameters, context);
    const rows = await collect(storage.query(funnel.query, abortOnClose(reply)));
    return { ...shapeFunnel(funnel, rows), ...(await warn(funnel.query)) };
  });

  addQuery('extraction', async (parameters, context, reply, warn) => {
    const { headers, access, method } = reply.request;
    const extraction = parseExtraction(parameters, context, storage.secret);
    const { query } = extraction;
    const type = preferredType(headers.accept, EXTRACTION_TYPES);
    if (query.page && type !== 'application/json')
      throw badParameter(`"page_size" is for JSON alone. An answer as ${type} has no limit of rows.`);
    const types = access.permitted.includes('schema')
      ? (storage.schema().get(query.collection) ?? new Map())
      : undefined;
    const columns = type === 'text/csv' ? csvColumns(extraction, types) : undefined;
    const unlimited = type !== 'application/json';
    const warnings = unlimited ? {} : await warn(query);
    const events = storage.query({ ...query, unlimited }, abortOnClose(reply))[Symbol.asyncIterator]();
    // Fetch the first chunk before the answer begins, so that a failed query can still answer with an error.
    const first = await events.next();
    reply.type(`${type}; charset=utf-8${columns ? '; header=present' : ''}`);
    if (method === 'HEAD') {
      // The framework would read all events, and discard them.
      await events.return?.();
      return '';
    }
    const body = unlimited
      ? asLines(first, events, extraction, columns)
      : asResult(first, events, extraction, warnings);
    return reply.send(Readable.from(body));
  });
}

/** A signal that ends the query once its client has gone away. */
function abortOnClose(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

/**
 * A GET or HEAD has its parameters in the URL, a POST in a JSON object. Each can have `api_key` in the URL, and Keen's
 * older clients have it in the body.
 */
function readParameters(request: FastifyRequest): Parameters {
  const { method, body } = request;
  const inUrl = ownParameters(request);
  if (method !== 'POST') return inUrl;
  if (!isObject(body)) throw badParameter('The body must be a JSON object with the parameters of the query.');
  if (Object.keys(inUrl).length) throw badParameter('A POST takes its parameters in the body, not in the URL.');
  const { api_key: _inBody, ...parameters } = body;
  return parameters;
}

/**
 * Removes parameters of Keen's that every type of query takes and that change nothing here: `analysis_type` repeats the
 * type of the URL, and `max_age` allows an older answer. Refuses those that would change the form of the answer:
 * `include_metadata` adds metadata, in a shape that is not documented [U]; `jsonp` asks for a script.
 * @throws DomainError InvalidParameterError
 */
function withoutKeens(given: Parameters, type: string): Parameters {
  const { analysis_type: repeated, max_age: _, include_metadata: metadata, jsonp, ...parameters } = given;
  if (repeated !== undefined && repeated !== type)
    throw badParameter(`"analysis_type" must be ${type}, as in the URL.`);
  if (!isAbsent(metadata) && metadata !== false && metadata !== 'false')
    throw badParameter('"include_metadata" cannot be used: this collector has no metadata about a query.');
  if (jsonp !== undefined)
    throw badParameter('"jsonp" cannot be used for a query. Pages of every allowed origin can read the JSON itself.');
  return parameters;
}

/** Whether the answer takes long to write: many slices or groups, or long lists. */
const isLarge = ({ query }: ParsedAnalysis, rows: Rows['analysis'][]): boolean =>
  rows.length + (query.slices?.length ?? 0) > MAX_AT_ONCE ||
  rows.some(({ values }) => values.some((value) => Array.isArray(value) && value.length > MAX_AT_ONCE));

async function collect<Row>(chunks: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[][] = [];
  for await (const chunk of chunks) rows.push(chunk);
  return rows.flat();
}
