import type { Analysis, Json, Measure, Order, Rows } from '../../model/query.ts';
import type { Timeframe } from '../../model/timeframe.ts';
import { toIso } from '../../model/timestamp.ts';
import { timeSlots } from '../time-slots.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { conditions, isMissing, numberIn, rawJson, TIME_COLUMNS, where } from './where.ts';

/**
 * One row per group and slice: the slice, then the values of the group and the measures. All measures share one scan.
 *
 * @param events the table of all shards
 * @param maxRows limits rows, and values in a list, to one more than this, so that the caller can notice an excess
 */
export function analysisStatement(query: Analysis, events: string, maxRows: number): Statement {
  return statement((bind) => {
    const paths = [
      ...new Set([
        ...query.groupBy,
        ...query.measures.flatMap((measure) => ('property' in measure ? [measure.property] : [])),
      ]),
    ];
    const at = (path: string) => `v${paths.indexOf(path)}`;
    const groups = query.groupBy.map((path, index) => `if(${isMissing(at(path))}, 'null', ${at(path)}) AS g${index}`);
    const measures = query.measures.flatMap((measure, index) => [
      `${aggregate(measure, at, maxRows, bind)} AS a${index}`,
      ...(measure.metric === 'sum' ? [`${decimals(at(measure.property), measure, bind)} AS d${index}`] : []),
    ]);
    const slice = query.slices ? sliceIndex(query.slices, bind) : '0';
    const keys = [...(query.slices ? ['slice'] : []), ...query.groupBy.map((_, index) => `g${index}`)];
    const results = query.measures.map((measure, index) => `${result(measure, index)} AS m${index}`);
    const order = ['slice', ...orderBy(query)].join(', ');
    return `
      SELECT ${['slice', ...query.groupBy.map((_, index) => `g${index}`), ...results].join(', ')} FROM (
        SELECT ${[`${slice} AS slice`, ...groups, ...measures].join(', ')}
        FROM (
          SELECT ${['event', 'timestamp', 'created_at', ...paths.map((path) => `${rawJson(path, bind)} AS ${at(path)}`)].join(', ')}
          FROM ${events} WHERE ${where(query, bind)}
        )
        ${keys.length ? `GROUP BY ${keys.join(', ')}` : ''}
      )
      ORDER BY ${order}
      ${query.limit ? `LIMIT ${bind(query.limit, 'UInt64')} BY slice` : ''}
      LIMIT ${bind(maxRows + 1, 'UInt64')}`;
  });
}

/** SQL for the index of the slice that holds an event's `timestamp`. */
function sliceIndex(slices: Timeframe[], bind: Bind): string {
  const { current, next, width } = timeSlots(slices);
  const origin = bind(slices[0]?.start ?? 0, 'Int64');
  const slot = `intDiv(timestamp - ${origin}, ${bind(width, 'Int64')}) + 1`;
  return `arrayElement(${bind(current, 'Array(Int64)')}, ${slot}) + (timestamp >= arrayElement(${bind(next, 'Array(Int64)')}, ${slot}))`;
}

/** SQL for the JSON text of a property. */
type At = (path: string) => string;

function aggregate(measure: Measure, at: At, maxRows: number, bind: Bind): string {
  const all = conditions(measure.filters, bind);
  /** Calls an aggregate function for the events that pass the filters, and these conditions. */
  const of = (name: string, parameters: string, argument: string, ...more: string[]) => {
    const required = [...more, ...all];
    const list = [argument, ...(required.length ? [required.join(' AND ')] : [])].filter(Boolean).join(', ');
    return `${name}${required.length ? 'If' : ''}${parameters}(${list})`;
  };
  if (measure.metric === 'count') return of('count', '', '');
  const raw = at(measure.property);
  const number = numberIn(raw);
  const isNumber = `${number} IS NOT NULL`;
  const extreme = (name: string) => {
    const column = TIME_COLUMNS.get(measure.property);
    return of(name, '', column ? `toNullable(${column})` : number);
  };
  switch (measure.metric) {
    case 'count_unique':
      return of('uniqExact', '', raw, `NOT ${isMissing(raw)}`);
    case 'sum':
      return `ifNull(${of('sumKahan', '', number)}, 0)`;
    case 'average':
      return `${of('sumKahan', '', number)} / ${of('count', '', '', isNumber)}`;
    case 'minimum':
      return extreme('min');
    case 'maximum':
      return extreme('max');
    case 'standard_deviation':
      return of('stddevPopStable', '', number);
    case 'percentile':
      // A parameter of a function cannot be bound; this one is a number of ours.
      return of('quantileExactInclusive', `(${Number(measure.percentile / 100)})`, number);
    case 'select_unique':
      return of('groupUniqArray', `(${maxRows + 1})`, raw, `NOT ${isMissing(raw)}`);
  }
}

/** Decimal places of a number in exponential notation, which are not counted: more than a double can have. */
const MANY_DECIMALS = 400;

/** SQL for the most decimal places of the summed numbers. */
function decimals(raw: string, { filters }: Measure, bind: Bind): string {
  const places = `if(position(lower(${raw}), 'e') > 0, ${MANY_DECIMALS}, length(splitByChar('.', ${raw})[2]))`;
  return `maxIf(${places}, ${[`${numberIn(raw)} IS NOT NULL`, ...conditions(filters, bind)].join(' AND ')})`;
}

/** Below it, a double has its last whole digit to spare for rounding. */
const MAX_ROUNDED = 2 ** 52;

/**
 * SQL for a measure's result from the column of its aggregate. A sum has no more decimal places than the numbers that
 * it adds: the sum of prices is a price, although most prices have no exact binary form.
 */
function result(measure: Measure, index: number): string {
  const [column, places] = [`a${index}`, `d${index}`];
  if (measure.metric === 'sum')
    return `if(abs(${column}) * pow(10, ${places}) < ${MAX_ROUNDED}, round(${column}, toInt16(${places})), ${column})`;
  return measure.metric === 'select_unique' ? `arraySort(${column})` : column;
}

/** Numbers come first, by value; then all other values, by JSON text. Descending order reverses this. */
function orderBy({ groupBy, order }: Analysis): string[] {
  const group = (index: number, direction: string) =>
    `${numberIn(`g${index}`)} ${direction} NULLS ${direction === 'ASC' ? 'LAST' : 'FIRST'}, g${index} ${direction}`;
  const requested = order.map(({ by, descending }: Order) => {
    const direction = descending ? 'DESC' : 'ASC';
    return 'group' in by ? group(by.group, direction) : `m${by.measure} ${direction} NULLS LAST`;
  });
  return [...requested, ...groupBy.map((_, index) => group(index, 'ASC'))];
}

/** Whether the result is one of the events' times. */
const isTime = (measure: Measure) =>
  (measure.metric === 'minimum' || measure.metric === 'maximum') && TIME_COLUMNS.has(measure.property);

/** Converts a row of the statement. */
export function analysisRow([slice, ...columns]: unknown[], { groupBy, measures }: Analysis): Rows['analysis'] {
  const group = columns.slice(0, groupBy.length).map((text) => JSON.parse(text as string) as Json);
  const values = columns.slice(groupBy.length).map((value, index): Json => {
    if (measures[index]!.metric === 'select_unique')
      return sorted((value as string[]).map((text) => JSON.parse(text) as Json));
    if (value === null) return null;
    return isTime(measures[index]!) ? toIso(Number(value)) : Number(value);
  });
  return { slice: Number(slice), group, values };
}

/** Sorts values in the order of groups. The input is sorted by JSON text. */
function sorted(values: Json[]): Json[] {
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value !== 'number')];
}
