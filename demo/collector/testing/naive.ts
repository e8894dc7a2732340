// A second implementation of Keen's queries, over a list of events in memory, as plain as possible and without the
// collector's code. Tests compare the database's answers with it. Takes parameters as clients send them; UTC and
// absolute timeframes only.

type Value = unknown;
export type StoredEvent = Record<string, Value>;
type Parameters = Record<string, any>;

/** The value at a dotted path; null if it is missing. */
const at = (event: StoredEvent, path: string): Value =>
  path
    .split('.')
    .reduce<Value>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : null), event) ??
  null;

const isObject = (value: Value): value is StoredEvent =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: Value, b: Value) => JSON.stringify(a) === JSON.stringify(b);
const bytes = (text: string) => Buffer.from(text);

function passes(event: StoredEvent, filter: Parameters): boolean {
  const { property_name: name, operator, property_value: operand } = filter;
  if (operator === 'or') return filter.operands.some((one: Parameters) => passes(event, one));
  const value = at(event, name);
  const equals = (one: Value) =>
    same(value, one) ||
    (one !== null && !Array.isArray(one) && Array.isArray(value) && value.some((item) => same(item, one)));
  const compare = (test: (order: number) => boolean) => {
    if (/^keen\.(timestamp|created_at)$/.test(name)) return test(Date.parse(value as string) - Date.parse(operand));
    if (typeof value !== typeof operand) return false;
    return test(typeof value === 'string' ? Buffer.compare(bytes(value), bytes(operand)) : (value as number) - operand);
  };
  switch (operator) {
    case 'eq':
      return equals(operand);
    case 'ne':
      return !equals(operand);
    case 'lt':
      return compare((order) => order < 0);
    case 'lte':
      return compare((order) => order <= 0);
    case 'gt':
      return compare((order) => order > 0);
    case 'gte':
      return compare((order) => order >= 0);
    case 'exists':
      return (value !== null) === operand;
    case 'in':
      return operand.some(equals);
    case 'contains':
      return contains(value, operand);
    case 'not_contains':
      return !contains(value, operand);
    case 'regex':
      return typeof value === 'string' && new RegExp(operand).test(value);
    case 'within':
      return Array.isArray(value) && miles(value as number[], operand.coordinates) <= operand.max_distance_miles;
    default:
      throw new Error(operator);
  }
}

const contains = (value: Value, part: Value) =>
  typeof value === 'string'
    ? typeof part === 'string' && value.includes(part)
    : Array.isArray(value) && value.some((item) => same(item, part));

/** Distance by the scalar product of two directions, another formula than the collector's. */
function miles([lon1, lat1]: number[], [lon2, lat2]: number[]): number {
  const [a, b] = [
    [lon1!, lat1!],
    [lon2!, lat2!],
  ].map(([lon, lat]) => {
    const [x, y] = [(lon! * Math.PI) / 180, (lat! * Math.PI) / 180];
    return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)];
  });
  return (
    3958.8 *
    Math.acos(
      Math.min(
        1,
        a!.reduce((sum, one, index) => sum + one * b![index]!, 0),
      ),
    )
  );
}

export function select(events: StoredEvent[], { filters = [], timeframe }: Parameters): StoredEvent[] {
  const time = (event: StoredEvent) => Date.parse(at(event, 'keen.timestamp') as string);
  return events.filter(
    (event) =>
      (!timeframe || (time(event) >= Date.parse(timeframe.start) && time(event) < Date.parse(timeframe.end))) &&
      filters.every((filter: Parameters) => passes(event, filter)),
  );
}

/** Numbers by value, then everything else by the bytes of its JSON. */
function order(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  return Buffer.compare(bytes(JSON.stringify(a)), bytes(JSON.stringify(b)));
}

/** By Neumaier's compensated summation, rounded to the most decimal places of the numbers. */
function sumOf(numbers: number[]): number {
  let [total, lost] = [0, 0];
  for (const one of numbers) {
    const next = total + one;
    lost += Math.abs(total) >= Math.abs(one) ? total - next + one : one - next + total;
    total = next;
  }
  const sum = total + lost;
  const places = Math.max(0, ...numbers.map((one) => (String(one).split('.')[1] ?? '').length));
  return numbers.some((one) => String(one).includes('e')) || !Number.isFinite(sum) ? sum : Number(sum.toFixed(places));
}

function figure(type: string, events: StoredEvent[], { target_property: property, percentile }: Parameters): Value {
  if (type === 'count') return events.length;
  const values = events.map((event) => at(event, property)).filter((value) => value !== null);
  const unique = [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const sum = sumOf(numbers);
  const mean = sum / numbers.length;
  if (type === 'count_unique') return unique.length;
  if (type === 'select_unique') return unique.sort(order);
  if (type === 'sum') return sum;
  if (!numbers.length) return null;
  const rank = ((numbers.length - 1) * (type === 'median' ? 50 : percentile)) / 100;
  const [low, high] = [numbers[Math.floor(rank)]!, numbers[Math.ceil(rank)]!];
  switch (type) {
    case 'average':
      return mean;
    case 'minimum':
      return numbers[0];
    case 'maximum':
      return numbers.at(-1);
    case 'median':
    case 'percentile':
      return low + (high - low) * (rank - Math.floor(rank));
    case 'standard_deviation':
      return Math.sqrt(numbers.reduce((total, one) => total + (one - mean) ** 2, 0) / numbers.length);
    default:
      throw new Error(type);
  }
}

function grouped(type: string, events: StoredEvent[], parameters: Parameters): Value {
  const { group_by, order_by, limit = Infinity, analyses } = parameters;
  const figures = (some: StoredEvent[]) =>
    type === 'multi_analysis'
      ? Object.fromEntries(
          Object.entries<Parameters>(analyses).map(([label, one]) => [
            label,
            figure(one.analysis_type, select(some, { filters: one.filters }), one),
          ]),
        )
      : { result: figure(type, some, parameters) };
  if (!group_by) return type === 'multi_analysis' ? figures(events) : figures(events).result;

  const names: string[] = [group_by].flat();
  const groups = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const key = JSON.stringify(names.map((name) => at(event, name)));
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const rows = [...groups].map(
    ([key, some]) =>
      ({
        ...Object.fromEntries(names.map((name, index) => [name, JSON.parse(key)[index]])),
        ...figures(some),
      }) as StoredEvent,
  );
  const by = [...[order_by ?? []].flat(), ...names.map((name) => ({ property_name: name, direction: 'ASC' }))];
  rows.sort((a, b) => {
    for (const { property_name: name, direction } of by) {
      const [x, y] = [a[name], b[name]];
      // A value of no events comes last in either direction.
      if (!names.includes(name) && (x === null || y === null)) {
        if (x !== y) return x === null ? 1 : -1;
        continue;
      }
      const sign = direction === 'DESC' ? -order(x, y) : order(x, y);
      if (sign) return sign;
    }
    return 0;
  });
  return rows.slice(0, limit);
}

const DAY = 86_400_000;
/** The start of the next unit, in UTC. */
const NEXT: Record<string, (time: number) => number> = {
  hourly: (time) => (Math.floor(time / 3_600_000) + 1) * 3_600_000,
  daily: (time) => (Math.floor(time / DAY) + 1) * DAY,
  weekly: (time) => (Math.floor(time / DAY) + 7 - new Date(time).getUTCDay()) * DAY,
  monthly: (time) => Date.UTC(new Date(time).getUTCFullYear(), new Date(time).getUTCMonth() + 1),
};

export function evaluate(type: string, all: StoredEvent[], parameters: Parameters): Value {
  const events = select(all, parameters);
  if (!parameters.interval) return grouped(type, events, parameters);
  const slices: Value[] = [];
  const end = Date.parse(parameters.timeframe.end);
  for (let start = Date.parse(parameters.timeframe.start); start < end; ) {
    const timeframe = {
      start: new Date(start).toISOString(),
      end: new Date((start = Math.min(end, NEXT[parameters.interval]!(start)))).toISOString(),
    };
    slices.push({ value: grouped(type, select(events, { timeframe }), parameters), timeframe });
  }
  return slices;
}

export function evaluateFunnel(all: StoredEvent[], steps: Parameters[]): number[] {
  let going: Set<string> | undefined;
  return steps.map((step) => {
    const actors = new Set(
      select(all, step)
        .map((event) => at(event, step.actor_property))
        .filter((actor) => actor !== null)
        .map((actor) => JSON.stringify(actor)),
    );
    const here: Set<string> = going
      ? new Set([...going].filter((actor) => actors.has(actor) !== Boolean(step.inverted)))
      : actors;
    if (!step.optional) going = here;
    return here.size;
  });
}

/**
 * Tries every way through the steps, event by event. A way is the time of its first event and of its latest one.
 * @param within milliseconds from the first event
 */
export function evaluateOrderedFunnel(all: StoredEvent[], steps: Parameters[], within = Infinity): number[] {
  interface Way {
    actor: string;
    begun: number;
    at: number;
  }
  const eventsOf = (step: Parameters) =>
    select(all, step)
      .map((event) => ({
        actor: at(event, step.actor_property),
        time: Date.parse(at(event, 'keen.timestamp') as string),
      }))
      .filter(({ actor }) => actor !== null)
      .map(({ actor, time }) => ({ actor: JSON.stringify(actor), time }));
  let going: Way[] | undefined;
  return steps.map((step) => {
    const events = eventsOf(step);
    const next = ({ actor, begun, at: latest }: Way) =>
      events.filter((event) => event.actor === actor && event.time > latest && event.time - begun <= within);
    const here: Way[] = !going
      ? events.map(({ actor, time }) => ({ actor, begun: time, at: time }))
      : step.inverted
        ? going.filter((way) => !next(way).length)
        : going.flatMap((way) => next(way).map(({ time }) => ({ ...way, at: time })));
    // Many ways are the same.
    const different = [...new Map(here.map((way) => [JSON.stringify(way), way])).values()];
    if (!step.optional) going = different;
    return new Set(different.map(({ actor }) => actor)).size;
  });
}
