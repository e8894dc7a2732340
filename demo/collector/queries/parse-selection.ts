import { collectionProblem } from '../events/validate.ts';
import { badParameter } from '../model/errors.ts';
import type { Filter } from '../model/filter.ts';
import type { Selection } from '../model/query.ts';
import { parseFilters } from './filters.ts';
import { type Parameters, structured } from './parameters.ts';
import { parseTimeframe } from './timeframe.ts';
import { parseZone, type Zone } from './zone.ts';

/** Names of the parameters that select events. */
export const SELECTION_NAMES = ['event_collection', 'filters', 'timeframe', 'timezone'] as const;

/** The request's context, which a query depends on besides its parameters. */
export interface QueryContext {
  /** Milliseconds since 1970. */
  now: number;
  /** Filters of the request's Access Key, which each selected event has to pass too. */
  forcedFilters: Filter[];
}

/**
 * Parses the parameters that select events.
 * @throws DomainError InvalidParameterError, with the name of the parameter
 */
export function parseSelection(
  parameters: Parameters,
  { now, forcedFilters }: QueryContext,
): Selection & { zone: Zone } {
  const timeframe = structured(parameters, 'timeframe');
  const zone = parseZone(structured(parameters, 'timezone'));
  return {
    collection: parseCollection(parameters.event_collection),
    filters: [...forcedFilters, ...parseFilters(structured(parameters, 'filters'), zone)],
    // Keen requires a timeframe for most queries. Here, a query without one selects all events [U].
    timeframe: timeframe === undefined ? undefined : parseTimeframe(timeframe, zone, now),
    zone,
  };
}

function parseCollection(value: unknown): string {
  if (typeof value === 'string' && !collectionProblem(value)) return value;
  throw badParameter('"event_collection" must be the name of a collection.');
}
