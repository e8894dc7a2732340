import { collectionProblem } from '../events/validate.ts';
import { badParameter } from '../model/errors.ts';
import type { Filter } from '../model/filter.ts';
import type { Selection } from '../model/query.ts';
import { parseFilters } from './filters.ts';
import { type Parameters, structured } from './parameters.ts';
import { parseTimeframe } from './timeframe.ts';
import { parseZone, type Zone } from './zone.ts';

/** What a query depends on besides its parameters. */
export interface Asking {
  now: number;
  /** The filters of the Access Key that asks. Every event that a query looks at has to pass them. */
  forced: Filter[];
}

/** @throws DomainError InvalidParameterError, naming the parameter */
export function parseSelection(parameters: Parameters, { now, forced }: Asking): Selection & { zone: Zone } {
  const timeframe = structured(parameters, 'timeframe');
  const zone = parseZone(structured(parameters, 'timezone'));
  return {
    collection: parseCollection(parameters.event_collection),
    filters: [...forced, ...parseFilters(structured(parameters, 'filters'))],
    // Keen demands a timeframe for most queries; here, none means all of time [U].
    timeframe: timeframe === undefined ? undefined : parseTimeframe(timeframe, zone, now),
    zone,
  };
}

function parseCollection(value: unknown): string {
  if (typeof value === 'string' && !collectionProblem(value)) return value;
  throw badParameter('"event_collection" must be the name of a collection.');
}
