import type { Json, Measure, Rows } from '../model/query.ts';
import type { ParsedAnalysis } from './parse-analysis.ts';
import type { ParsedFunnel } from './parse-funnel.ts';

// Converts rows of the database into Keen's answers.

/** One value, or one row for each group; with an interval, a value or rows for each slice of time. */
export function shapeAnalysis(analysis: ParsedAnalysis, rows: Rows['analysis'][]): object {
  const { slices } = analysis.query;
  if (!slices) return { result: shapeRows(analysis, rows) };
  const rowsBySlice: Rows['analysis'][][] = slices.map(() => []);
  for (const row of rows) rowsBySlice[row.slice]!.push(row);
  return {
    result: slices.map(({ start, end }, index) => ({
      value: shapeRows(analysis, rowsBySlice[index]!),
      // In UTC, whatever the query's time zone [U].
      timeframe: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    })),
  };
}

function shapeRows({ query, labels, unlabelled }: ParsedAnalysis, rows: Rows['analysis'][]): unknown {
  const { groupBy, measures } = query;
  const named = (values: Json[]) => labels.map((label, index) => [label, values[index]] as const);
  if (groupBy.length) {
    // `fromEntries`, because an assignment would lose a property named `__proto__`.
    return rows.map(({ group, values }) =>
      Object.fromEntries([...groupBy.map((path, index) => [path, group[index]] as const), ...named(values)]),
    );
  }
  // A slice without events has no row.
  const values = rows[0]?.values ?? measures.map(emptyValue);
  return unlabelled ? values[0] : Object.fromEntries(named(values));
}

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
