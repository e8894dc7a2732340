import { badParameter } from '../model/errors.ts';
import type { Extraction } from '../model/query.ts';
import { openCursor } from './cursor.ts';
import { checkNames, isAbsent, type Parameters, paths, structured, wholeNumber } from './parameters.ts';
import { parseSelection, type QueryContext, SELECTION_NAMES } from './parse-selection.ts';

const MAX_LATEST = 100_000;
const MAX_PROPERTIES = 1000;
/** Events of one page. They are sorted, so they have to fit into memory. */
const MAX_PAGE = 10_000;

export interface ParsedExtraction {
  query: Extraction;
  /** Makes the token of the page after the one that ends with this event. */
  nextPage(event: string): string;
}

/**
 * Parses an extraction. `page_size` and `page_token` are additions to Keen's API: a token continues the query that it was
 * made for, with the same timeframe, even if that is relative.
 * @param secret signs tokens
 * @throws DomainError InvalidParameterError, with the name of the parameter
 */
export function parseExtraction(parameters: Parameters, context: QueryContext, secret: string): ParsedExtraction {
  checkNames(
    parameters,
    [...SELECTION_NAMES, 'latest', 'property_names', 'email', 'page_size', 'page_token', 'target_property'],
    'extraction',
  );
  if (parameters.email)
    throw badParameter(
      '"email" cannot be used: this collector sends no mail. Send the request without it, and the answer holds the events.',
    );
  // Keen's client keen-query sends both, with the same names. Alone it would be ignored, and all properties answered.
  if (!isAbsent(parameters.target_property) && isAbsent(parameters.property_names))
    throw badParameter('An extraction has no "target_property". Name its properties in "property_names".');
  const { zone: _, ...selection } = parseSelection(parameters, context);
  const latest = wholeNumber(parameters, 'latest', MAX_LATEST);
  const properties = paths(parameters, 'property_names', MAX_PROPERTIES);
  const size = wholeNumber(parameters, 'page_size', MAX_PAGE);
  const cursor = openCursor(secret, [
    selection.collection,
    selection.filters,
    structured(parameters, 'timeframe') ?? null,
    structured(parameters, 'timezone') ?? null,
    properties ?? null,
  ]);
  const given = isAbsent(parameters.page_token) ? undefined : cursor.read(parameters.page_token);
  if (given && size === undefined) throw badParameter('"page_token" needs a "page_size".');
  if (size !== undefined && latest !== undefined) throw badParameter('"latest" and "page_size" exclude each other.');
  const timeframe = given ? given.timeframe : selection.timeframe;
  const until = given?.until ?? context.now;
  return {
    query: {
      type: 'extraction',
      ...selection,
      timeframe,
      latest,
      properties,
      page: size === undefined ? undefined : { size, until, after: given?.after },
    },
    nextPage(event) {
      const { id, created_at: createdAt } = (JSON.parse(event) as { keen: { id: string; created_at: string } }).keen;
      return cursor.write({ until, timeframe, after: { createdAt: Date.parse(createdAt), id } });
    },
  };
}
