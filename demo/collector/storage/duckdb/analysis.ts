import type { Analysis, Json, Measure, Order, Rows } from '../../model/query.ts';
import { toIso } from '../../model/timestamp.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { fromTimestamp } from './time.ts';
import { sliceIndex } from './time-slices.ts';
import { conditions, pointer, TIME_COLUMNS, where } from './where.ts';

/**
 * One row per group and slice: the slice, then the values of the group and the measures. All measures share one scan,
 * and all properties share one parse of an event's JSON.
 *
 * @param maxRows limits rows, and values in a list, to one more than this, so that the caller can notice an excess
 */
export function analysisStatement(query: Analysis, maxRows: number): Statement {
  return statement((bind) => {
    const paths = [
      ...new Set([
        ...query.groupBy,
        ...query.measures.flatMap((measure) => ('property' in measure ? [measure.property] : [])),
      ]),
    ];
    const at = (path: string) => `value[${paths.indexOf(path) + 1}]`;
    const slice = query.slices && sliceIndex(query.slices, bind);
    const groups = query.groupBy.map((path, index) => `coalesce(${at(path)}, 'null') AS g${index}`);
    const measures = query.measures.flatMap((measure, index) => [
      `${aggregate(measure, at, maxRows, bind)} AS m${index}`,
      ...(measure.metric === 'sum' ? [`${decimals(at(measure.property), measure, bind)} AS d${index}`] : []),
    ]);
    const keys = [...(slice ? ['slice'] : []), ...groups.map((_, index) => `g${index}`)];
    const results = query.measures.map(
      (measure, index) => `${result(measure, `m${index}`, `d${index}`, bind)} AS m${index}`,
    );
    const order = orderBy(query);
    return `
      SELECT ${['slice', ...query.groupBy.map((_, index) => `g${index}`), ...results].join(', ')} FROM (
        SELECT ${[`${slice?.sql ?? '0'} AS slice`, ...groups, ...measures].join(', ')}
        FROM (
          SELECT event, timestamp, created_at${paths.length ? `, json_extract(event, [${paths.map((path) => bind(pointer(path))).join(', ')}]) AS value` : ''}
          FROM events WHERE ${where(query, bind)}
        )${slice ? `, ${slice.table}` : ''}
        ${keys.length ? `GROUP BY ${keys.join(', ')}` : ''}
      )
      ${query.limit ? `QUALIFY row_number() OVER (PARTITION BY slice ORDER BY ${order}) <= ${bind(query.limit)}` : ''}
      ORDER BY ${['slice', order].filter(Boolean).join(', ')}
      LIMIT ${bind(maxRows + 1)}`;
  });
}

/** SQL for the value of a property. */
type At = (path: string) => string;

function aggregate(measure: Measure, at: At, maxRows: number, bind: Bind): string {
  // The JSON text of a number can be cast. That of a string never can, because of its quotes.
  const number = (path: string) => `TRY_CAST(${at(path)}::VARCHAR AS DOUBLE)`;
  const present = (path: string) => `nullif(${at(path)}::VARCHAR, 'null')`;
  const filter = (...more: string[]) => {
    const required = [...more, ...conditions(measure.filters, bind)];
    return required.length ? ` FILTER (WHERE ${required.join(' AND ')})` : '';
  };
  const list = (value: string) => `list(DISTINCT ${value})${filter(`${value} IS NOT NULL`)}`;
  switch (measure.metric) {
    case 'count':
      return `count(*)${filter()}`;
    case 'count_unique':
      return `count(DISTINCT ${present(measure.property)})${filter()}`;
    case 'sum':
      return `coalesce(fsum(${number(measure.property)})${filter()}, 0)`;
    case 'average':
      return `favg(${number(measure.property)})${filter()}`;
    case 'minimum':
      return `min(${TIME_COLUMNS.get(measure.property) ?? number(measure.property)})${filter()}`;
    case 'maximum':
      return `max(${TIME_COLUMNS.get(measure.property) ?? number(measure.property)})${filter()}`;
    case 'standard_deviation':
      return `stddev_pop(${number(measure.property)})${filter()}`;
    case 'percentile':
      // Not quantile_cont(): the memory limit of the database does not cover the values that it collects.
      return `list_sort(list(${number(measure.property)})${filter(`${number(measure.property)} IS NOT NULL`)})`;
    case 'select_unique':
      return `'[' || coalesce(array_to_string(list_sort(${list(present(measure.property))})[:${bind(maxRows + 1)}], ','), '') || ']'`;
  }
}

/** Decimal places of a number in exponential notation, which are not counted: more than a double can have. */
const MANY_DECIMALS = 400;

/** SQL for the most decimal places of the summed numbers. */
function decimals(value: string, { filters }: Measure, bind: Bind): string {
  const text = `${value}::VARCHAR`;
  const places = `CASE WHEN contains(lower(${text}), 'e') THEN ${MANY_DECIMALS} ELSE len(split_part(${text}, '.', 2)) END`;
  const required = [`TRY_CAST(${text} AS DOUBLE) IS NOT NULL`, ...conditions(filters, bind)];
  return `max(${places}) FILTER (WHERE ${required.join(' AND ')})`;
}

/** Below it, a double has its last whole digit to spare for rounding. */
const MAX_ROUNDED = 2 ** 52;

/**
 * SQL for a measure's result from the column of its aggregate. A sum has no more decimal places than the numbers that
 * it adds: the sum of prices is a price, although most prices have no exact binary form.
 * @param places the column of `decimals`
 */
function result(measure: Measure, column: string, places: string, bind: Bind): string {
  if (measure.metric === 'sum')
    return `CASE WHEN abs(${column}) * pow(10, ${places}) < ${MAX_ROUNDED} THEN round(${column}, ${places}::INTEGER) ELSE ${column} END`;
  if (measure.metric !== 'percentile') return column;
  const rank = `((len(${column}) - 1) * ${bind(measure.percentile / 100)}::DOUBLE)`;
  const [low, high] = ['floor', 'ceil'].map((round) => `${column}[${round}(${rank})::BIGINT + 1]`);
  return `${low} + (${high} - ${low}) * (${rank} - floor(${rank}))`;
}

/** Numbers come first, by value; then all other values, by JSON text. Descending order reverses this. */
function orderBy({ groupBy, order }: Analysis): string {
  const group = (index: number, direction: string) =>
    `TRY_CAST(g${index}::VARCHAR AS DOUBLE) ${direction} NULLS ${direction === 'ASC' ? 'LAST' : 'FIRST'}, g${index}::VARCHAR ${direction}`;
  const requested = order.map(({ by, descending }: Order) => {
    const direction = descending ? 'DESC' : 'ASC';
    return 'group' in by ? group(by.group, direction) : `m${by.measure} ${direction} NULLS LAST`;
  });
  return [...requested, ...groupBy.map((_, index) => group(index, 'ASC'))].join(', ');
}

/** Whether the result is one of the events' times. */
const isTime = (measure: Measure) =>
  (measure.metric === 'minimum' || measure.metric === 'maximum') && TIME_COLUMNS.has(measure.property);

/** Converts a row of the statement. */
export function analysisRow([slice, ...columns]: unknown[], { groupBy, measures }: Analysis): Rows['analysis'] {
  const group = columns.slice(0, groupBy.length).map((text) => JSON.parse(text as string) as Json);
  const values = columns.slice(groupBy.length).map((value, index): Json => {
    if (measures[index]!.metric === 'select_unique') return sorted(JSON.parse(value as string) as Json[]);
    if (value === null) return null;
    return isTime(measures[index]!) ? toIso(fromTimestamp(value)) : Number(value);
  });
  return { slice: Number(slice), group, values };
}

/** Sorts values in the order of groups. The input is sorted by JSON text. */
function sorted(values: Json[]): Json[] {
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value !== 'number')];
}
