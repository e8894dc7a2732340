import type { Json, Measure, Rows } from '../model/query.ts';
import { mapInTurns } from '../model/turns.ts';
import type { ParsedAnalysis } from './parse-analysis.ts';
import type { ParsedFunnel } from './parse-funnel.ts';

// Converts rows of the database into Keen's answers.

/**
 * One value, or one row for each group; with an interval, a value or rows for each slice of time. In turns, because an
 * answer can have 100,000 groups.
 */
export async function shapeAnalysis(analysis: ParsedAnalysis, rows: Rows['analysis'][]): Promise<object> {
  const { slices } = analysis.query;
  const shaped = await mapInTurns(rows, (row) => shapeRow(analysis, row));
  if (!slices) return { result: shapeValue(analysis, shaped) };
  const shapedBySlice: unknown[][] = slices.map(() => []);
  for (const [index, row] of rows.entries()) shapedBySlice[row.slice]!.push(shaped[index]);
  return {
    result: await mapInTurns(slices, ({ start, end }, index) => ({
      value: shapeValue(analysis, shapedBySlice[index]!),
      // In UTC, whatever the query's time zone [U].
      timeframe: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    })),
  };
}

/** The groups, or the one value; a slice without events has no row. */
function shapeValue(analysis: ParsedAnalysis, shaped: unknown[]): unknown {
  const { groupBy, measures } = analysis.query;
  if (groupBy.length) return shaped;
  return shaped.length ? shaped[0] : shapeValues(analysis, measures.map(emptyValue));
}

function shapeRow(analysis: ParsedAnalysis, { group, values }: Rows['analysis']): unknown {
  const { groupBy } = analysis.query;
  if (!groupBy.length) return shapeValues(analysis, values);
  // `fromEntries`, because an assignment would lose a property named `__proto__`.
  return Object.fromEntries([
    ...groupBy.map((path, index) => [path, group[index]] as const),
    ...named(analysis, values),
  ]);
}

const shapeValues = (analysis: ParsedAnalysis, values: Json[]): unknown =>
  analysis.unlabelled ? values[0] : Object.fromEntries(named(analysis, values));

const named = ({ labels }: ParsedAnalysis, values: Json[]) =>
  labels.map((label, index) => [label, values[index]] as const);

/** The value of a measure without events. */
function emptyValue({ metric }: Measure): Json {
  if (metric === 'select_unique') return [];
  return ['count', 'count_unique', 'sum'].includes(metric) ? 0 : null;
}

/** The number of actors in each step, and the steps; also the actors, if any step wants them. */
export function shapeFunnel({ query, steps }: ParsedFunnel, rows: Rows['funnel'][]): object {
  const actors = query.steps.some(({ withActors }) => withActors)
    ? { actors: rows.map((row) => row.actors ?? null) }
    : {};
  return { result: rows.map(({ count }) => count), ...actors, steps };
}
