import type { Funnel, Json, Rows, Step } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { pointer, where } from './where.ts';

/**
 * One row with two columns per step: the number of its actors, and their list if the step wants it. `s0`, `s1`, … hold
 * the actors of each step's events; `r0`, `r1`, … those that have also passed the steps before.
 *
 * @param maxActors limits a list to one actor more than this, so that the caller can notice an excess
 */
export function funnelStatement({ steps }: Funnel, maxActors: number): Statement {
  return statement((bind) => {
    const tables = steps.map((step, index) => `s${index} AS MATERIALIZED (${actors(step, bind)})`);
    let from = 0; // the latest step that is not optional
    steps.forEach(({ inverted, optional }, index) => {
      tables.push(
        index === 0
          ? 'r0 AS (SELECT actor FROM s0)'
          : `r${index} AS MATERIALIZED (SELECT actor FROM r${from} ${inverted ? 'ANTI' : 'SEMI'} JOIN s${index} USING (actor))`,
      );
      if (!optional) from = index;
    });
    const columns = steps.flatMap(({ withActors }, index) => [
      `(SELECT count(*) FROM r${index})`,
      withActors
        ? `(SELECT '[' || array_to_string(coalesce(list(actor ORDER BY actor), []), ',') || ']' FROM (FROM r${index} LIMIT ${bind(maxActors + 1)}))`
        : 'NULL',
    ]);
    return `WITH ${tables.join(', ')} SELECT ${columns.join(', ')}`;
  });
}

/** Events without the actor's property, or with `null` there, have no actor. */
const actors = (step: Step, bind: Bind) =>
  `SELECT DISTINCT actor FROM (SELECT nullif(json_extract(event, ${bind(pointer(step.actor))})::VARCHAR, 'null') AS actor FROM events WHERE ${where(step, bind)})
   WHERE actor IS NOT NULL`;

/** Converts the statement's row into one row per step. */
export const funnelRows = (columns: unknown[], { steps }: Funnel): Rows['funnel'][] =>
  steps.map(({ withActors }, index) => ({
    count: Number(columns[index * 2]),
    actors: withActors ? (JSON.parse(columns[index * 2 + 1] as string) as Json[]) : undefined,
  }));
