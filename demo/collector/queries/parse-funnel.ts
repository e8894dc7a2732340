import { DAY_MS } from '../model/durations.ts';
import { badParameter } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import type { Funnel, Ordered, Step } from '../model/query.ts';
import { checkNames, isAbsent, type Parameters, path, structured } from './parameters.ts';
import { parseSelection, type QueryContext, SELECTION_NAMES } from './parse-selection.ts';

const MAX_STEPS = 20;
/** Some clients send a collection with every query. Filters have to stand in a step, because they select its events. */
const FUNNEL_NAMES = ['steps', 'timeframe', 'timezone', 'event_collection', 'ordered', 'within'];
const STEP_NAMES = [...SELECTION_NAMES, 'actor_property', 'inverted', 'optional', 'with_actors'];

export interface ParsedFunnel {
  query: Funnel;
  /** The steps as the answer repeats them. */
  steps: object[];
}

/**
 * Parses `{"steps": [{…}]}`. Each step is an object with `event_collection`, `actor_property`, `timeframe`, `timezone`,
 * `filters`, `inverted`, `optional` and `with_actors`.
 * `ordered` and `within` beside the steps are additions to Keen's API: with `"ordered": true` each step has to be later than
 * the one before, and with `"within": "7_days"` at most so long after the first.
 * A timeframe and timezone beside the steps apply to each step without its own [U].
 * @throws DomainError InvalidParameterError, with the name of the parameter
 */
export function parseFunnel(parameters: Parameters, context: QueryContext): ParsedFunnel {
  checkNames(parameters, FUNNEL_NAMES, 'funnel');
  const given = structured(parameters, 'steps');
  if (!Array.isArray(given) || !given.length || given.length > MAX_STEPS || !given.every(isObject)) {
    throw badParameter(
      `"steps" must be a list of 1 to ${MAX_STEPS} objects with "event_collection" and "actor_property".`,
    );
  }
  const steps = given.map((step) => ({
    ...step,
    timeframe: structured(step, 'timeframe') ?? structured(parameters, 'timeframe') ?? null,
    timezone: structured(step, 'timezone') ?? structured(parameters, 'timezone') ?? null,
  }));
  return {
    query: {
      type: 'funnel',
      steps: steps.map((step, index) => parseStep(step, index, context)),
      order: parseOrder(parameters),
    },
    steps: steps.map(echo),
  };
}

const UNITS_MS: Record<string, number> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const WITHIN = new RegExp(`^(\\d{1,6})_(${Object.keys(UNITS_MS).join('|')})s?$`);

function parseOrder(parameters: Parameters): Ordered | undefined {
  const { within } = parameters;
  const ordered = flag(parameters, 'ordered');
  if (isAbsent(within)) return ordered ? { within: undefined } : undefined;
  if (!ordered) throw badParameter('"within" needs "ordered": true.');
  const match = typeof within === 'string' ? WITHIN.exec(within) : null;
  const time = match ? Number(match[1]) * UNITS_MS[match[2]!]! : 0;
  if (time) return { within: time };
  throw badParameter(
    '"within" must be a number of seconds, minutes, hours, days or weeks, such as 30_minutes or 7_days.',
  );
}

function parseStep(step: Parameters, index: number, context: QueryContext): Step {
  checkNames(step, STEP_NAMES, 'a step');
  const { zone: _, ...selection } = parseSelection(step, context);
  const parsed = {
    ...selection,
    actor: path(step.actor_property, '"actor_property"'),
    inverted: flag(step, 'inverted'),
    optional: flag(step, 'optional'),
    withActors: flag(step, 'with_actors'),
  };
  // There are no earlier actors to exclude or to keep.
  if (index === 0 && (parsed.inverted || parsed.optional))
    throw badParameter('The first step can be neither "inverted" nor "optional".');
  return parsed;
}

function flag(parameters: Parameters, name: string): boolean {
  const { [name]: value = false } = parameters;
  // In a query string, booleans arrive as text.
  if (isAbsent(value) || typeof value === 'boolean' || value === 'true' || value === 'false')
    return String(value) === 'true';
  throw badParameter(`"${name}" must be true or false.`);
}

/** The members of a step that Keen's answer repeats, without the filters of an Access Key. */
const echo = ({
  event_collection,
  actor_property,
  filters,
  timeframe,
  timezone,
  inverted,
  optional,
  with_actors,
}: Parameters) => ({
  event_collection,
  actor_property,
  filters: filters ?? [],
  timeframe,
  timezone,
  inverted: inverted ?? false,
  optional: optional ?? false,
  with_actors: with_actors ?? false,
});
