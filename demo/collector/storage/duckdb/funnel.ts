import type { Funnel, Json, Ordered, Rows, Step } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { pointer, where } from './where.ts';

/**
 * One row with two columns per step: the number of its actors, and their list if the step wants it. `s0`, `s1`, … hold
 * the actors of each step's events; `r0`, `r1`, … those that have also passed the steps before.
 *
 * @param maxActors limits a list to one actor more than this, so that the caller can notice an excess
 */
export function funnelStatement({ steps, order }: Funnel, maxActors: number): Statement {
  return statement((bind) => {
    if (order) return orderedFunnel(steps, order, maxActors, bind);
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
    const columns = columnsOf(steps, (index) => `FROM r${index}`, maxActors, bind);
    return `WITH ${tables.join(', ')} SELECT ${columns.join(', ')}`;
  });
}

/** For each step the number of its actors, and their list or NULL. */
const columnsOf = (steps: Step[], from: (index: number) => string, maxActors: number, bind: Bind): string[] =>
  steps.flatMap(({ withActors }, index) => [
    `(SELECT count(*) FROM (${from(index)}))`,
    withActors
      ? `(SELECT '[' || array_to_string(coalesce(list(actor ORDER BY actor), []), ',') || ']' FROM (${from(index)} LIMIT ${bind(maxActors + 1)}))`
      : 'NULL',
  ]);

/**
 * `s0`, `s1`, … hold the actor and time `t` of each step's events. `r0`, `r1`, … hold those that an actor reaches in
 * order, each with `begun`: the latest time of a first step from which it can be reached. The event of the step before
 * that is the latest before `t` has the latest `begun` of all, so one event is compared with one other (ASOF).
 */
function orderedFunnel(steps: Step[], { within }: Ordered, maxActors: number, bind: Bind): string {
  // Bound where it is used: DuckDB rejects a bound value that the SQL does not use.
  const limit: Limit = within === undefined ? undefined : () => `to_milliseconds(${bind(String(within))}::DOUBLE)`;
  const tables = steps.map((step, index) => `s${index} AS MATERIALIZED (${timedActors(step, bind)})`);
  let from = 0; // the latest step that is not optional
  steps.forEach(({ inverted, optional }, index) => {
    tables.push(
      `r${index} AS MATERIALIZED (${index === 0 ? 'SELECT actor, t, t AS begun FROM s0' : inverted ? without(from, index, limit) : following(from, index, limit)})`,
    );
    if (!optional) from = index;
  });
  const columns = columnsOf(steps, (index) => `SELECT DISTINCT actor FROM r${index}`, maxActors, bind);
  return `WITH ${tables.join(', ')} SELECT ${columns.join(', ')}`;
}

/** SQL for the longest time from the first step, if there is one. */
type Limit = (() => string) | undefined;

/** The events of a step that follow one of an earlier step, in time. */
const following = (from: number, index: number, limit: Limit) =>
  `SELECT s.actor, s.t, r.begun FROM s${index} s ASOF JOIN r${from} r ON s.actor = r.actor AND s.t > r.t
   ${limit ? `WHERE s.t <= r.begun + ${limit()}` : ''}`;

/** The events of an earlier step that none of an inverted step follows, in time. */
const without = (from: number, index: number, limit: Limit) =>
  `SELECT r.actor, r.t, r.begun FROM r${from} r ASOF LEFT JOIN s${index} s ON r.actor = s.actor AND r.t < s.t
   WHERE s.t IS NULL ${limit ? `OR s.t > r.begun + ${limit()}` : ''}`;

const timedActors = (step: Step, bind: Bind) =>
  `SELECT DISTINCT actor, timestamp AS t FROM (SELECT ${actorOf(step, bind)} AS actor, timestamp FROM events WHERE ${where(step, bind)})
   WHERE actor IS NOT NULL`;

/** Events without the actor's property, or with `null` there, have no actor. */
const actors = (step: Step, bind: Bind) =>
  `SELECT DISTINCT actor FROM (SELECT ${actorOf(step, bind)} AS actor FROM events WHERE ${where(step, bind)})
   WHERE actor IS NOT NULL`;

const actorOf = (step: Step, bind: Bind) =>
  `nullif(json_extract(event, ${bind(pointer(step.actor))})::VARCHAR, 'null')`;

/** Converts the statement's row into one row per step. */
export const funnelRows = (columns: unknown[], { steps }: Funnel): Rows['funnel'][] =>
  steps.map(({ withActors }, index) => ({
    count: Number(columns[index * 2]),
    actors: withActors ? (JSON.parse(columns[index * 2 + 1] as string) as Json[]) : undefined,
  }));
