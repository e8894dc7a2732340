import { badParameter } from '../http/errors.ts';
import { parseFilters, parsePath, type Filter } from './filters.ts';
import { parseTimeframe, type Timeframe } from './timeframe.ts';
import { collectionProblem } from '../recording/validate.ts';
import { parseZone } from './zone.ts';

/** Which events a query is about. */
export interface Selection {
  collection: string;
  filters: Filter[];
  /** Compared with `keen.timestamp`; all of time where there is none. */
  timeframe: Timeframe | undefined;
}

export interface Count extends Selection {
  type: 'count';
}

export interface Extraction extends Selection {
  type: 'extraction';
  /** Only this many of the newest, newest first. */
  latest: number | undefined;
  /** Only these properties of each event, as dotted paths. */
  properties: string[] | undefined;
}

/** A checked query. */
export type Query = Count | Extraction;

/** What a query of each type is answered with. */
export interface Rows {
  /** How many; one row. */
  count: number;
  /** The JSON text of an event, in order of arrival, or newest first where the query has a limit. */
  extraction: string;
}

/** From a query string or a JSON body; in the first, structured values are JSON text. */
export type Parameters = Record<string, unknown>;

const MAX_LATEST = 100_000;

/** @throws ApiError 400, naming the parameter */
export const parseCount = (parameters: Parameters, now: number): Count => ({ type: 'count', ...parseSelection(parameters, now) });

function parseSelection(parameters: Parameters, now: number): Selection {
  const collection = parameters.event_collection;
  if (typeof collection !== 'string' || collectionProblem(collection)) {
    throw badParameter('"event_collection" must be the name of a collection.');
  }
  const timeframe = fromText(parameters.timeframe, 'timeframe', '{');
  return {
    collection,
    filters: parseFilters(fromText(parameters.filters, 'filters', '[')),
    // Keen demands a timeframe for most queries; here, none means all of time [U].
    timeframe: timeframe == null || timeframe === ''
      ? undefined
      : parseTimeframe(timeframe, parseZone(parameters.timezone), now),
  };
}

/** @throws ApiError 400, naming the parameter */
export function parseExtraction(parameters: Parameters, now: number): Extraction {
  return {
    type: 'extraction',
    ...parseSelection(parameters, now),
    latest: parseLatest(parameters.latest),
    properties: parseProperties(fromText(parameters.property_names, 'property_names', '[')),
  };
}

/** Text that begins like JSON is JSON; anything else stays as it is. */
function fromText(value: unknown, parameter: string, opening: string): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw badParameter(`"${parameter}" is not valid JSON.`);
  }
}

function parseLatest(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const latest = typeof value === 'string' ? Number(value) : value;
  if (typeof latest === 'number' && Number.isInteger(latest) && latest >= 1 && latest <= MAX_LATEST) return latest;
  throw badParameter(`"latest" must be a whole number from 1 to ${MAX_LATEST}.`);
}

/** One name or a list of them. */
function parseProperties(value: unknown): string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const names = (Array.isArray(value) ? value : [value]).map((name) => parsePath(name, '"property_names"'));
  if (!names.length || names.length > 1000) throw badParameter('"property_names" must hold 1 to 1,000 names.');
  return names;
}
