import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../../scripts/testing/random.ts';
import { DAY_MS } from '../model/durations.ts';
import { openEngines } from '../testing/engines.ts';
import { evaluate, evaluateFunnel, evaluateOrderedFunnel, type StoredEvent } from '../testing/naive.ts';
import { KEYS, startServer } from '../testing/server.ts';

// Compares the answers of random queries over random events with a plain evaluation in memory. A failure's message
// holds the seed; SEED=n repeats the run. Both engines answer the same queries.

const SEED = Number(process.env.SEED ?? 20_240_515);
const START = Date.parse('2024-03-20T00:00:00Z');
const EVENTS = 400;
const QUERIES = Number(process.env.QUERIES ?? 200);

// Sums of multiples of a quarter are exact in any order of addition, so that an order by sums is deterministic.
const NUMBERS = [0, -1, 2, 2.25, 10, 9, -0.5, 1e6, 2 ** 31];
const TEXTS = [
  'a',
  'b',
  'A',
  '10',
  '9',
  '2.25',
  '',
  'ü',
  '😀',
  '\uffee',
  'null',
  'true',
  'a"b',
  "x') OR 1=1 --",
  'ab c',
];
const PROPERTIES = [
  'n',
  'text',
  'mixed',
  'list',
  'user',
  'user.id',
  'user.deep.plan',
  'odd/na~me',
  'nowhere',
  'on',
  'keen.location.coordinates',
];

interface Random {
  pick<T>(items: readonly T[]): T;
  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number;
  /** Returns the object with this probability, else an empty one. */
  maybe(probability: number, object: object): object;
}

function randomFor(purpose: string): Random {
  const { pick, int: below, chance } = createRandom(SEED, purpose);
  const maybe = (probability: number, object: object) => (chance(probability) ? object : {});
  return { pick, below, maybe };
}

function makeEvent({ pick, below, maybe }: Random, index: number): StoredEvent {
  const anything = () =>
    pick([pick(NUMBERS), pick(TEXTS), true, false, null, [pick(NUMBERS), pick(TEXTS)], { id: pick(TEXTS) }]);
  return {
    index,
    ...maybe(0.8, { n: pick(NUMBERS) }),
    ...maybe(0.8, { text: pick(TEXTS) }),
    ...maybe(0.8, { mixed: anything() }),
    ...maybe(0.6, { list: Array.from({ length: below(4) }, () => pick([...NUMBERS, ...TEXTS, true, null])) }),
    ...maybe(0.8, {
      user: pick<unknown>([
        null,
        'somebody',
        { id: pick(TEXTS) },
        { id: below(5), deep: { plan: pick(['free', 'paid', null]) } },
      ]),
    }),
    ...maybe(0.3, { 'odd/na~me': pick(NUMBERS) }),
    ...maybe(0.5, { on: pick([true, false]) }),
    keen: {
      // Some events at a possible start of a slice or a timeframe.
      timestamp: new Date(
        START + pick([below(40 * DAY_MS), below(40) * DAY_MS, below(40 * 24) * 3_600_000]),
      ).toISOString(),
      ...maybe(0.7, { location: { coordinates: [below(360) - 180 + 0.5, below(180) - 90 + 0.25] } }),
    },
  };
}

function makeFilter({ pick, below }: Random): object {
  const property_name = pick(PROPERTIES);
  const primitive = () => pick<unknown>([pick(NUMBERS), pick(TEXTS), pick(TEXTS), true, false, null]);
  return pick([
    () => ({ property_name, operator: pick(['eq', 'ne']), property_value: primitive() }),
    () => ({
      property_name,
      operator: pick(['lt', 'lte', 'gt', 'gte']),
      property_value: pick<unknown>([pick(NUMBERS), pick(TEXTS)]),
    }),
    () => ({ property_name, operator: 'exists', property_value: pick([true, false]) }),
    () => ({ property_name, operator: 'in', property_value: Array.from({ length: below(5) }, primitive) }),
    () => ({ property_name, operator: pick(['contains', 'not_contains']), property_value: primitive() }),
    () => ({ property_name, operator: 'regex', property_value: pick(['a', '^a$', '^[0-9.]+$', 'OR', '^$', '.b']) }),
    () => ({
      property_name: 'keen.location.coordinates',
      operator: 'within',
      property_value: { coordinates: [below(360) - 180, below(180) - 90], max_distance_miles: 100 + below(6000) },
    }),
    () => ({
      property_name: 'keen.timestamp',
      operator: pick(['lt', 'gte']),
      property_value: new Date(START + below(40 * DAY_MS)).toISOString(),
    }),
  ])();
}

/** A third of the filters are an `or`, down to three levels. */
function makeFilters(random: Random, depth = 0): object[] {
  const { pick, below } = random;
  return Array.from({ length: 1 + below(2) }, () =>
    depth < 3 && pick([true, false, false])
      ? { operator: 'or', operands: makeFilters(random, depth + 1) }
      : makeFilter(random),
  );
}

const filters = (random: Random) => random.maybe(0.5, { filters: makeFilters(random) });

function timeframe({ below }: Random): object {
  const start = START + below(35 * DAY_MS);
  return {
    timeframe: { start: new Date(start).toISOString(), end: new Date(start + 1 + below(15 * DAY_MS)).toISOString() },
  };
}

const EXACT = ['count', 'count_unique', 'sum', 'average', 'minimum', 'maximum', 'median'];
const TYPES = [...EXACT, 'percentile', 'standard_deviation', 'select_unique'];

const analysis = ({ pick }: Random) => ({
  type: pick(TYPES),
  target_property: pick(PROPERTIES),
  percentile: pick([0, 5, 33.3, 50, 99.9, 100]),
});

function makeQuery(random: Random): { type: string; parameters: Record<string, unknown> } {
  const { pick, below, maybe } = random;
  const { type: single, ...target } = analysis(random);
  const type = pick([single, single, single, 'multi_analysis']);
  const analyses = Object.fromEntries(
    ['one', 'two', '__proto__'].slice(0, 1 + below(3)).map((label) => {
      const { type: analysis_type, ...rest } = analysis(random);
      return [label, { analysis_type, ...rest, ...filters(random) }];
    }),
  );
  const group_by = pick<string | string[]>([
    pick(PROPERTIES),
    [pick(PROPERTIES)],
    [...new Set([pick(PROPERTIES), pick(PROPERTIES)])],
  ]);
  const names = [...[group_by].flat(), ...(EXACT.includes(type) ? ['result'] : [])];
  const order_by = { property_name: pick(names), direction: pick(['ASC', 'DESC']) };
  return {
    type,
    parameters: {
      event_collection: 'things',
      ...(type === 'multi_analysis' ? { analyses } : target),
      ...filters(random),
      ...pick([
        {},
        timeframe(random),
        { ...timeframe(random), interval: pick(['hourly', 'daily', 'weekly', 'monthly']) },
      ]),
      ...maybe(0.5, {
        group_by,
        ...maybe(0.5, { order_by: pick<unknown>([order_by, [order_by]]) }),
        ...maybe(0.3, { limit: 1 + below(4) }),
      }),
    },
  };
}

/** Rounds numbers, because the order of floating-point operations changes the last digits. */
const rounded = (value: unknown) =>
  JSON.stringify(value, (_, item) =>
    typeof item === 'number' && !Number.isInteger(item) ? Number(item.toPrecision(10)) : item,
  );

for (const engine of await openEngines()) {
  const { skip } = engine;
  // A query of ClickHouse takes longer to plan than to run here. SEED and QUERIES ask it more.
  const queries = engine.name === 'ClickHouse' ? QUERIES / 2 : QUERIES;

  test(`${engine.name}: answers equal a plain evaluation of the same query over the same events`, {
    skip,
  }, async (t) => {
    const random = randomFor('queries');
    const { ask } = await startServer(t, {}, {}, {}, engine);
    const sent = Array.from({ length: EVENTS }, (_, index) => makeEvent(random, index));
    assert.equal((await ask('/events', KEYS.write, { things: sent })).status, 200);
    const result = async (type: string, parameters: object): Promise<unknown> => {
      const response = await ask(`/queries/${type}`, KEYS.read, parameters);
      const body = (await response.json()) as { result: unknown };
      assert.equal(response.status, 200, `SEED=${SEED} ${type} ${JSON.stringify(parameters)} ${JSON.stringify(body)}`);
      return body.result;
    };
    // Events as they are stored, with the ids and times that the collector added.
    const events = (await result('extraction', { event_collection: 'things' })) as StoredEvent[];
    assert.deepEqual(
      events.map(({ keen, ...own }) => own),
      sent.map(({ keen, ...own }) => own),
    );

    let nonEmpty = 0;
    for (let n = 0; n < queries; n++) {
      const { type, parameters } = makeQuery(random);
      const expected = rounded(evaluate(type, events, parameters));
      assert.equal(
        rounded(await result(type, parameters)),
        expected,
        `SEED=${SEED} query ${n}: ${type} ${JSON.stringify(parameters)}`,
      );
      if (!/^(0|null|\[\])$/.test(expected)) nonEmpty++;
    }
    assert.ok(nonEmpty > queries * 0.6, `only ${nonEmpty} of the answers were not empty`);
  });

  test(`${engine.name}: funnels equal a plain evaluation`, { skip }, async (t) => {
    const random = randomFor('funnels');
    const { ask } = await startServer(t, {}, {}, {}, engine);
    const events = Array.from({ length: EVENTS }, (_, index) => makeEvent(random, index));
    await ask('/events', KEYS.write, { things: events });
    for (let n = 0; n < queries / 5; n++) {
      const steps = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
        event_collection: 'things',
        actor_property: random.pick(['text', 'mixed', 'user.id']),
        ...filters(random),
        ...random.pick([{}, timeframe(random)]),
        ...(index > 0 && { inverted: random.pick([true, false, false]), optional: random.pick([true, false, false]) }),
      }));
      const { result } = (await (await ask('/queries/funnel', KEYS.read, { steps })).json()) as { result: number[] };
      assert.deepEqual(result, evaluateFunnel(events, steps), `SEED=${SEED} funnel ${n}: ${JSON.stringify(steps)}`);
    }
  });

  test(`${engine.name}: funnels in order, and within a time, equal a plain evaluation`, { skip }, async (t) => {
    const random = randomFor('ordered funnels');
    const { ask } = await startServer(t, {}, {}, {}, engine);
    const events = Array.from({ length: EVENTS }, (_, index) => makeEvent(random, index));
    await ask('/events', KEYS.write, { things: events });
    let ordered = 0;
    for (let n = 0; n < (queries * 3) / 10; n++) {
      const hours = random.pick([undefined, 2, 12, 48, 240]);
      const steps = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
        event_collection: 'things',
        actor_property: 'user.id',
        ...random.maybe(0.5, { filters: [makeFilter(random)] }),
        ...random.pick([{}, timeframe(random)]),
        ...(index > 0 && { inverted: random.pick([true, false, false]), optional: random.pick([true, false, false]) }),
      }));
      const parameters = { steps, ordered: true, ...(hours && { within: `${hours}_hours` }) };
      const { result } = (await (await ask('/queries/funnel', KEYS.read, parameters)).json()) as { result: number[] };
      const expected = evaluateOrderedFunnel(events, steps, hours && hours * 3_600_000);
      assert.deepEqual(result, expected, `SEED=${SEED} funnel ${n}: ${JSON.stringify(parameters)}`);
      if (JSON.stringify(expected) !== JSON.stringify(evaluateFunnel(events, steps))) ordered++;
    }
    assert.ok(ordered > queries / 20, `the order matters in ${ordered} funnels`);
  });
}
