import type { Analysis, Json, Measure, Order, Rows } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { sliceOf } from './time-slices.ts';
import { conditions, pointer, where } from './where.ts';

/**
 * A row for each group in each slice: the slice, then the groups' values and the measures. One scan serves all measures, and
 * an event's JSON is read once for all properties, not once for each.
 *
 * @param most a row more than these may come, and a value more in a list, so that too many are noticed
 */
export function analysisStatement(query: Analysis, most: number): Statement {
  return statement((bind) => {
    const paths = [
      ...new Set([
        ...query.groupBy,
        ...query.measures.flatMap((measure) => ('property' in measure ? [measure.property] : [])),
      ]),
    ];
    const at = (path: string) => `value[${paths.indexOf(path) + 1}]`;
    const slice = query.slices && sliceOf(query.slices, bind);
    const groups = query.groupBy.map((path, index) => `coalesce(${at(path)}, 'null') AS g${index}`);
    const measures = query.measures.map((measure, index) => `${figure(measure, at, most, bind)} AS m${index}`);
    const keys = [...(slice ? ['slice'] : []), ...groups.map((_, index) => `g${index}`)];
    const results = query.measures.map((measure, index) => `${result(measure, `m${index}`, bind)} AS m${index}`);
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
      LIMIT ${bind(most + 1)}`;
  });
}

type At = (path: string) => string;

function figure(measure: Measure, at: At, most: number, bind: Bind): string {
  // JSON text of a number reads as one; of a string, which has quotes around it, never.
  const number = (path: string) => `TRY_CAST(${at(path)}::VARCHAR AS DOUBLE)`;
  const present = (path: string) => `nullif(${at(path)}::VARCHAR, 'null')`;
  const only = (...and: string[]) => {
    const wanted = [...and, ...conditions(measure.filters, bind)];
    return wanted.length ? ` FILTER (WHERE ${wanted.join(' AND ')})` : '';
  };
  const list = (value: string) => `list(DISTINCT ${value})${only(`${value} IS NOT NULL`)}`;
  switch (measure.metric) {
    case 'count':
      return `count(*)${only()}`;
    case 'count_unique':
      return `count(DISTINCT ${present(measure.property)})${only()}`;
    case 'sum':
      return `coalesce(fsum(${number(measure.property)})${only()}, 0)`;
    case 'average':
      return `favg(${number(measure.property)})${only()}`;
    case 'minimum':
      return `min(${number(measure.property)})${only()}`;
    case 'maximum':
      return `max(${number(measure.property)})${only()}`;
    case 'standard_deviation':
      return `stddev_pop(${number(measure.property)})${only()}`;
    case 'percentile':
      // Not quantile_cont(), which collects its values where the database's memory limit does not see them.
      return `list_sort(list(${number(measure.property)})${only(`${number(measure.property)} IS NOT NULL`)})`;
    case 'select_unique':
      return `'[' || coalesce(array_to_string(list_sort(${list(present(measure.property))})[:${bind(most + 1)}], ','), '') || ']'`;
  }
}

/** What a column of the groups becomes in the answer. */
function result(measure: Measure, column: string, bind: Bind): string {
  if (measure.metric !== 'percentile') return column;
  const rank = `((len(${column}) - 1) * ${bind(measure.percentile / 100)}::DOUBLE)`;
  const [low, high] = ['floor', 'ceil'].map((round) => `${column}[${round}(${rank})::BIGINT + 1]`);
  return `${low} + (${high} - ${low}) * (${rank} - floor(${rank}))`;
}

/** Numbers come before everything else, by their value; the rest by its JSON text. The other way round when descending. */
function orderBy({ groupBy, order }: Analysis): string {
  const group = (index: number, direction: string) =>
    `TRY_CAST(g${index}::VARCHAR AS DOUBLE) ${direction} NULLS ${direction === 'ASC' ? 'LAST' : 'FIRST'}, g${index}::VARCHAR ${direction}`;
  const asked = order.map(({ by, descending }: Order) => {
    const direction = descending ? 'DESC' : 'ASC';
    return 'group' in by ? group(by.group, direction) : `m${by.measure} ${direction} NULLS LAST`;
  });
  return [...asked, ...groupBy.map((_, index) => group(index, 'ASC'))].join(', ');
}

/** A row of the statement's result. */
export function analysisRow([slice, ...columns]: unknown[], { groupBy, measures }: Analysis): Rows['analysis'] {
  const group = columns.slice(0, groupBy.length).map((text) => JSON.parse(text as string) as Json);
  const values = columns.slice(groupBy.length).map((value, index): Json => {
    if (measures[index]!.metric === 'select_unique') return sorted(JSON.parse(value as string) as Json[]);
    return value === null ? null : Number(value);
  });
  return { slice: Number(slice), group, values };
}

/** In the same order as groups; the list comes sorted by JSON text. */
function sorted(values: Json[]): Json[] {
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value !== 'number')];
}
