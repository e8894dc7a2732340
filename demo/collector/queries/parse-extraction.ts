import { badParameter } from '../model/errors.ts';
import type { Extraction } from '../model/query.ts';
import { checkNames, type Parameters, paths, wholeNumber } from './parameters.ts';
import { parseSelection, type QueryContext, SELECTION_NAMES } from './parse-selection.ts';

const MAX_LATEST = 100_000;
const MAX_PROPERTIES = 1000;

/** @throws DomainError InvalidParameterError, with the name of the parameter */
export function parseExtraction(parameters: Parameters, context: QueryContext): Extraction {
  checkNames(parameters, [...SELECTION_NAMES, 'latest', 'property_names', 'email'], 'extraction');
  if (parameters.email)
    throw badParameter(
      '"email" cannot be used: this collector sends no mail. Send the request without it, and the answer holds the events.',
    );
  const { zone: _, ...selection } = parseSelection(parameters, context);
  return {
    type: 'extraction',
    ...selection,
    latest: wholeNumber(parameters, 'latest', MAX_LATEST),
    properties: paths(parameters, 'property_names', MAX_PROPERTIES),
  };
}
