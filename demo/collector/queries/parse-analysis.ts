import { badParameter } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import type { Analysis, Measure, Order } from '../model/query.ts';
import { parseFilters } from './filters.ts';
import { parseInterval } from './interval.ts';
import { type Parameters, path, paths, structured, wholeNumber } from './parameters.ts';
import { type Asking, parseSelection } from './parse-selection.ts';

/** Keen's analyses that end in one value. */
export const ANALYSES = [
  'count',
  'count_unique',
  'sum',
  'average',
  'minimum',
  'maximum',
  'median',
  'percentile',
  'standard_deviation',
  'select_unique',
] as const;
export type AnalysisType = (typeof ANALYSES)[number];

const MAX_GROUPED = 20;
const MAX_ANALYSES = 50;
const MAX_LIMIT = 100_000;

/** An analysis, and how its answer looks. */
export interface Labelled {
  query: Analysis;
  /** What the answer calls each measure. */
  labels: string[];
  /** The answer is the only measure's value by itself, not an object with a label in it. */
  bare: boolean;
}

/** One analysis; its value is called `result`. @throws DomainError InvalidParameterError, naming the parameter */
export const parseAnalysis = (type: AnalysisType, parameters: Parameters, asking: Asking): Labelled => ({
  ...labelled([['result', parseMeasure(type, parameters)]], parameters, asking),
  bare: true,
});

/**
 * `{"analyses": {label: {"analysis_type", "target_property", "percentile", "filters"}}}`.
 * @throws DomainError InvalidParameterError, naming the parameter
 */
export function parseMultiAnalysis(parameters: Parameters, asking: Asking): Labelled {
  const analyses = structured(parameters, 'analyses');
  const entries = isObject(analyses) ? Object.entries(analyses) : [];
  if (!entries.length || entries.length > MAX_ANALYSES) {
    throw badParameter(
      `"analyses" must be an object of 1 to ${MAX_ANALYSES} labels, each with an object that has an "analysis_type".`,
    );
  }
  const measures = entries.map(([label, given]): [string, Measure] => {
    const type = isObject(given) ? ANALYSES.find((name) => name === given.analysis_type) : undefined;
    if (!type) throw badParameter(`"analysis_type" of each of the "analyses" must be one of ${ANALYSES.join(', ')}.`);
    const parameters = given as Parameters;
    return [label, { ...parseMeasure(type, parameters), filters: parseFilters(structured(parameters, 'filters')) }];
  });
  return labelled(measures, parameters, asking);
}

function labelled(measures: [label: string, Measure][], parameters: Parameters, asking: Asking): Labelled {
  const { zone, ...selection } = parseSelection(parameters, asking);
  const groupBy = paths(parameters, 'group_by', MAX_GROUPED) ?? [];
  const labels = measures.map(([label]) => label);
  const limit = wholeNumber(parameters, 'limit', MAX_LIMIT);
  if (limit !== undefined && !groupBy.length) throw badParameter('"limit" needs a "group_by".');
  return {
    labels,
    bare: false,
    query: {
      type: 'analysis',
      ...selection,
      measures: measures.map(([, measure]) => measure),
      groupBy,
      slices: parseInterval(structured(parameters, 'interval'), selection.timeframe, zone),
      order: parseOrder(structured(parameters, 'order_by'), groupBy, labels),
      limit,
    },
  };
}

function parseMeasure(type: AnalysisType, parameters: Parameters): Measure {
  const filters: Measure['filters'] = [];
  if (type === 'count') return { metric: 'count', filters };
  const property = path(parameters.target_property, '"target_property"');
  if (type === 'median') return { metric: 'percentile', percentile: 50, property, filters };
  if (type === 'percentile')
    return { metric: 'percentile', percentile: parsePercentile(parameters.percentile), property, filters };
  return { metric: type, property, filters };
}

function parsePercentile(value: unknown): number {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && number <= 100) return number;
  throw badParameter('"percentile" must be a number from 0 to 100.');
}

/** `{"property_name", "direction"}` or a list of them; the property is one of `group_by`, or the label of a value. */
function parseOrder(value: unknown, groupBy: string[], labels: string[]): Order[] {
  if (value === undefined) return [];
  if (!groupBy.length) throw badParameter('"order_by" needs a "group_by".');
  return (Array.isArray(value) ? value : [value]).map((one) => {
    const { property_name: name, direction }: Parameters = isObject(one) ? one : { property_name: one };
    const [group, measure] = [groupBy.indexOf(name as string), labels.indexOf(name as string)];
    const descending = /^desc$/i.test(String(direction));
    if (group < 0 && measure < 0) {
      throw badParameter(`"property_name" of "order_by" must be one of ${[...labels, ...groupBy].join(', ')}.`);
    }
    if (direction != null && !descending && !/^asc$/i.test(String(direction)))
      throw badParameter('"direction" of "order_by" must be ASC or DESC.');
    return { by: measure >= 0 ? { measure } : { group }, descending };
  });
}
