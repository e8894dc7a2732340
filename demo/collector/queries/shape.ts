import type { Json, Measure, Rows } from '../model/query.ts';
import type { Labelled } from './parse-analysis.ts';
import type { ParsedFunnel } from './parse-funnel.ts';

// Keen's answers, from the rows that the database gave.

/** One value, or a row for each group; with an interval, either of them for each slice of time. */
export function shapeAnalysis(labelled: Labelled, rows: Rows['analysis'][]): object {
  const { slices } = labelled.query;
  if (!slices) return { result: shapeRows(labelled, rows) };
  const inSlice: Rows['analysis'][][] = slices.map(() => []);
  for (const row of rows) inSlice[row.slice]!.push(row);
  return {
    result: slices.map(({ start, end }, index) => ({
      value: shapeRows(labelled, inSlice[index]!),
      // In UTC, whatever the zone that they follow [U].
      timeframe: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    })),
  };
}

function shapeRows({ query, labels, bare }: Labelled, rows: Rows['analysis'][]): unknown {
  const { groupBy, measures } = query;
  const named = (values: Json[]) => labels.map((label, index) => [label, values[index]] as const);
  if (groupBy.length) {
    // fromEntries, and not assignment, which would lose a property called `__proto__`.
    return rows.map(({ group, values }) =>
      Object.fromEntries([...groupBy.map((path, index) => [path, group[index]] as const), ...named(values)]),
    );
  }
  // A slice without events has no row.
  const values = rows[0]?.values ?? measures.map(ofNothing);
  return bare ? values[0] : Object.fromEntries(named(values));
}

function ofNothing({ metric }: Measure): Json {
  if (metric === 'select_unique') return [];
  return ['count', 'count_unique', 'sum'].includes(metric) ? 0 : null;
}

/** The number of actors in each step, the steps, and where any step wanted them, the actors. */
export function shapeFunnel({ query, steps }: ParsedFunnel, rows: Rows['funnel'][]): object {
  const actors = query.steps.some(({ withActors }) => withActors)
    ? { actors: rows.map((row) => row.actors ?? null) }
    : {};
  return { result: rows.map(({ count }) => count), ...actors, steps };
}
