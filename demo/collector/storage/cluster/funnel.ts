import type { Funnel, Json, Ordered, Rows, Step } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { isMissing, rawJson, where } from './where.ts';

/**
 * One row with two columns per step: the number of its actors, and their list. Each step's events are read once; `r0`,
 * `r1`, … tell for each actor whether it has passed the step, and those before it.
 *
 * @param events the table of all shards
 * @param maxActors limits a list to one actor more than this, so that the caller can notice an excess
 */
export function funnelStatement({ steps, order }: Funnel, events: string, maxActors: number): Statement {
  return statement((bind) => {
    const reached = order ? reachedInOrder(steps, order, events, bind) : reachedAtAll(steps, events, bind);
    const columns = steps.flatMap(({ withActors }, index) => [
      `countIf(r${index})`,
      withActors ? `arraySort(groupArrayIf(${maxActors + 1})(actor, r${index}))` : '[]',
    ]);
    return `SELECT ${columns.join(', ')} FROM (${reached})`;
  });
}

/** For each step the latest step before it that is not optional. */
const requiredBefore = (steps: Step[]): number[] => {
  let from = 0;
  return steps.map(({ optional }, index) => {
    const before = from;
    if (!optional) from = index;
    return before;
  });
};

/** Events without the actor's property, or with `null` there, have no actor. */
const actors = (step: Step, columns: string, events: string, bind: Bind) =>
  `SELECT DISTINCT actor, ${columns}
   FROM (SELECT ${rawJson(step.actor, bind)} AS actor, timestamp AS t FROM ${events} WHERE ${where(step, bind)})
   WHERE NOT ${isMissing('actor')}`;

function reachedAtAll(steps: Step[], events: string, bind: Bind): string {
  const before = requiredBefore(steps);
  const passed = steps.map(({ inverted }, index) =>
    index === 0
      ? 'has(passed, 0) AS r0'
      : `r${before[index]} AND ${inverted ? 'NOT ' : ''}has(passed, ${index}) AS r${index}`,
  );
  const each = steps.map((step, index) => actors(step, `${index} AS step`, events, bind));
  return `SELECT actor, groupUniqArray(step) AS passed, ${passed.join(', ')} FROM (${each.join(' UNION ALL ')}) GROUP BY actor`;
}

/**
 * `b0`, `b1`, … are those of the events that the actor reaches in order: each the latest time of a first step from which
 * it can be reached, or NULL. One row stands for all events of an actor at one time, so that the window of earlier rows
 * holds earlier times alone.
 */
function reachedInOrder(steps: Step[], { within }: Ordered, events: string, bind: Bind): string {
  const before = requiredBefore(steps);
  const each = steps.map((step, index) => actors(step, `t, ${index} AS step`, events, bind));
  let rows = `SELECT actor, t, groupUniqArray(step) AS at FROM (${each.join(' UNION ALL ')}) GROUP BY actor, t`;
  const inTime = (time: string, begun: string) =>
    within === undefined ? 'true' : `${time} - ${begun} <= ${bind(within, 'Int64')}`;
  steps.forEach(({ inverted }, index) => {
    const begun = `b${before[index]}`;
    if (index === 0) rows = `SELECT *, if(has(at, 0), toNullable(t), NULL) AS b0 FROM (${rows})`;
    else if (inverted)
      rows = `SELECT * EXCEPT next, if(next IS NOT NULL AND ${inTime('next', begun)}, NULL, ${begun}) AS b${index}
        FROM (SELECT *, min(if(has(at, ${index}), toNullable(t), NULL)) OVER (${LATER}) AS next FROM (${rows}))`;
    else
      rows = `SELECT * EXCEPT latest, if(has(at, ${index}) AND ${inTime('t', 'latest')}, latest, NULL) AS b${index}
        FROM (SELECT *, max(${begun}) OVER (${EARLIER}) AS latest FROM (${rows}))`;
  });
  const reached = steps.map((_, index) => `countIf(b${index} IS NOT NULL) > 0 AS r${index}`);
  return `SELECT actor, ${reached.join(', ')} FROM (${rows}) GROUP BY actor`;
}

const EARLIER = 'PARTITION BY actor ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';
const LATER = 'PARTITION BY actor ORDER BY t ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING';

/** Converts the statement's row into one row per step. */
export const funnelRows = (columns: unknown[], { steps }: Funnel): Rows['funnel'][] =>
  steps.map(({ withActors }, index) => ({
    count: Number(columns[index * 2]),
    actors: withActors ? (columns[index * 2 + 1] as string[]).map((text) => JSON.parse(text) as Json) : undefined,
  }));
