import { badName, badParameter } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import type { Analysis, Measure, Order } from '../model/query.ts';
import { shownName } from '../model/shown-name.ts';
import { parseFilters } from './filters.ts';
import { parseInterval } from './interval.ts';
import { checkNames, type Parameters, path, paths, structured, wholeNumber } from './parameters.ts';
import { parseSelection, type QueryContext, SELECTION_NAMES } from './parse-selection.ts';
import { parseZone } from './zone.ts';

/** Keen's analyses with one value as their result. */
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

const SHARED_NAMES = [...SELECTION_NAMES, 'interval', 'group_by', 'order_by', 'limit'];
const MEASURE_NAMES = ['target_property', 'percentile'];
const MAX_GROUP_PROPERTIES = 20;
const MAX_ANALYSES = 50;
const MAX_LIMIT = 100_000;

/** An analysis, and the form of its answer. */
export interface ParsedAnalysis {
  query: Analysis;
  /** Names of the measures in the answer. */
  labels: string[];
  /** Whether the answer is the single measure's value, not an object with labels. */
  unlabelled: boolean;
}

/**
 * Parses one analysis, whose value is called `result`.
 * @throws DomainError InvalidParameterError, with the name of the parameter
 */
export function parseAnalysis(type: AnalysisType, parameters: Parameters, context: QueryContext): ParsedAnalysis {
  checkNames(parameters, [...SHARED_NAMES, ...MEASURE_NAMES], type);
  return {
    ...withMeasures([{ label: 'result', measure: parseMeasure(type, parameters) }], parameters, context),
    unlabelled: true,
  };
}

/**
 * Parses `{"analyses": {label: {"analysis_type", "target_property", "percentile", "filters"}}}`.
 * @throws DomainError InvalidParameterError, with the name of the parameter
 */
export function parseMultiAnalysis(parameters: Parameters, context: QueryContext): ParsedAnalysis {
  checkNames(parameters, [...SHARED_NAMES, 'analyses'], 'multi_analysis');
  const analyses = structured(parameters, 'analyses');
  const entries = isObject(analyses) ? Object.entries(analyses) : [];
  if (!entries.length || entries.length > MAX_ANALYSES) {
    throw badParameter(
      `"analyses" must be an object of 1 to ${MAX_ANALYSES} labels, each with an object that has an "analysis_type".`,
    );
  }
  const zone = parseZone(structured(parameters, 'timezone'));
  const measures = entries.map(([label, given]): LabelledMeasure => {
    const type = isObject(given) ? ANALYSES.find((name) => name === given.analysis_type) : undefined;
    if (!type) throw badParameter(`"analysis_type" of each of the "analyses" must be one of ${ANALYSES.join(', ')}.`);
    const analysis = given as Parameters;
    checkNames(analysis, ['analysis_type', ...MEASURE_NAMES, 'filters'], 'one of the "analyses"');
    const filters = parseFilters(structured(analysis, 'filters'), zone);
    return { label, measure: { ...parseMeasure(type, analysis), filters } };
  });
  return withMeasures(measures, parameters, context);
}

interface LabelledMeasure {
  label: string;
  measure: Measure;
}

function withMeasures(measures: LabelledMeasure[], parameters: Parameters, context: QueryContext): ParsedAnalysis {
  const { zone, ...selection } = parseSelection(parameters, context);
  const groupBy = parseGroupBy(parameters);
  const labels = measures.map(({ label }) => label);
  if (new Set([...groupBy, ...labels]).size < groupBy.length + labels.length && groupBy.length)
    throw badParameter(
      'The names of "group_by" and of the results must all differ, because they are names in one object.',
    );
  const limit = wholeNumber(parameters, 'limit', MAX_LIMIT);
  if (limit !== undefined && !groupBy.length) throw badParameter('"limit" needs a "group_by".');
  return {
    labels,
    unlabelled: false,
    query: {
      type: 'analysis',
      ...selection,
      measures: measures.map(({ measure }) => measure),
      groupBy,
      slices: parseInterval(structured(parameters, 'interval'), selection.timeframe, zone),
      order: parseOrder(structured(parameters, 'order_by'), groupBy, labels),
      limit,
    },
  };
}

function parseGroupBy(parameters: Parameters): string[] {
  const value = structured(parameters, 'group_by');
  // Keen's guide documents these requests, but not the names of the groups in their answers [U].
  if ((Array.isArray(value) ? value : [value]).some((item) => isObject(item)))
    throw badParameter('"group_by" takes names of properties; this collector has no "buckets" and no "ranges".');
  return paths(parameters, 'group_by', MAX_GROUP_PROPERTIES) ?? [];
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

/**
 * Parses `{"property_name", "direction"}`, or a list of them. The name is a property of `group_by` or a measure's
 * label.
 */
function parseOrder(value: unknown, groupBy: string[], labels: string[]): Order[] {
  if (value === undefined) return [];
  if (!groupBy.length) throw badParameter('"order_by" needs a "group_by".');
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const most = groupBy.length + labels.length;
  if (items.length > most) throw badParameter('"order_by" has more entries than there are groups and measures.');
  return items.map((item) => {
    const given: Parameters = isObject(item) ? item : { property_name: item };
    checkNames(given, ['property_name', 'direction'], '"order_by"');
    const { property_name: name, direction } = given;
    const [group, measure] = [groupBy.indexOf(name as string), labels.indexOf(name as string)];
    const descending = /^desc$/i.test(String(direction));
    if (group < 0 && measure < 0) {
      const rule = '"property_name" of "order_by" must be';
      throw badName(
        `${rule} one of ${[...labels, ...groupBy].map(shownName).join(', ')}.`,
        `${rule} a name of "group_by" or a measure.`,
      );
    }
    if (direction != null && !descending && !/^asc$/i.test(String(direction)))
      throw badParameter('"direction" of "order_by" must be ASC or DESC.');
    return { by: measure >= 0 ? { measure } : { group }, descending };
  });
}
