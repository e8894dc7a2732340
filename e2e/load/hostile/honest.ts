import { Agent, request as send } from 'node:http';
import type { LoadedCollector } from '../collector.ts';
import type { Sent } from '../compare.ts';
import { eventSource } from '../events.ts';

/** What an honest visitor, analyst or supervisor sends, at a fixed rate that does not depend on the answers. */
const KINDS = {
  single: { everyMs: 10, perRequest: 1 },
  bulk: { everyMs: 500, perRequest: 100 },
  query: { everyMs: 500, perRequest: 0 },
  health: { everyMs: 50, perRequest: 0 },
} as const;
type Kind = keyof typeof KINDS;

/** An answer that takes longer counts as none. */
const TIMEOUT_MS = 20_000;
/** More events than are sent, so that all times are in the past. */
const MAX_EVENTS = 10_000_000;
/** Addresses of honest clients. */
const VISITORS = 250;

/** Times from the moment at which a request was due to its answer, in milliseconds. */
export interface Latencies {
  p50: number;
  p99: number;
  max: number;
}

export interface HonestResult {
  /** Acknowledged events per second of the load. */
  eventsPerSecond: number;
  /** Single events and bulks. */
  recording: Latencies;
  query: Latencies;
  health: Latencies;
  /** Answers other than success by kind: status, or the error of the connection. */
  refused: Map<string, number>;
  /** What was sent, for `compare`. */
  sent: Sent[];
}

/** Sends honest requests for a time, and waits for their answers. `name` is in the names of the collections. */
export async function honestLoad(
  collector: LoadedCollector,
  { name, views, seconds }: { name: string; views: string; seconds: number },
): Promise<HonestResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const times: Record<Kind, number[]> = { single: [], bulk: [], query: [], health: [] };
  const refused = new Map<string, number>();
  const sent = { single: toSend(`single ${name}`, 1), bulk: toSend(`bulk ${name}`, 100) };
  const pending: Promise<void>[] = [];
  const began = performance.now();
  const end = began + seconds * 1_000;
  let events = 0;

  async function one(kind: Kind, n: number, due: number): Promise<void> {
    const { perRequest } = KINDS[kind];
    const recorded = kind === 'single' || kind === 'bulk' ? sent[kind] : undefined;
    const made = recorded?.source.next(perRequest);
    const body = made ? Buffer.from(made.body) : undefined;
    const status = await ask(collector, agent, kind, n, recorded?.collection ?? views, body);
    times[kind].push(performance.now() - due);
    if (status !== (kind === 'single' ? '201' : '200')) {
      const what = `${kind} ${status}`;
      refused.set(what, (refused.get(what) ?? 0) + 1);
    } else if (recorded && made) {
      recorded.acknowledged.add(made.first);
      if (performance.now() <= end) events += perRequest;
    }
  }

  /** Sends each request when it is due, or as soon as this process can. */
  async function repeat(kind: Kind): Promise<void> {
    const { everyMs } = KINDS[kind];
    for (let n = 0; began + n * everyMs < end; n++) {
      const due = began + n * everyMs;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      pending.push(one(kind, n, due));
    }
  }

  await Promise.all((Object.keys(KINDS) as Kind[]).map(repeat));
  await Promise.all(pending);
  agent.destroy();
  return {
    eventsPerSecond: events / seconds,
    recording: latencies([...times.single, ...times.bulk]),
    query: latencies(times.query),
    health: latencies(times.health),
    refused,
    sent: Object.values(sent),
  };
}

const toSend = (collection: string, perRequest: number): Sent => ({
  collection,
  source: eventSource({ collection, total: MAX_EVENTS, seed: collection }),
  perRequest,
  acknowledged: new Set<number>(),
});

function latencies(times: number[]): Latencies {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Queries in turn: a filter, groups, and a distance, which events with broken coordinates must not disturb. */
const queries = (views: string): [type: string, parameters: object][] => [
  ['count', { event_collection: views, filters: [{ property_name: 'price', operator: 'gt', property_value: 100 }] }],
  ['average', { event_collection: views, target_property: 'price', group_by: 'item' }],
  [
    'count',
    {
      event_collection: views,
      filters: [
        { property_name: 'at', operator: 'within', property_value: { coordinates: [0, 0], max_distance_miles: 10 } },
      ],
    },
  ],
];

/** Sends one request. Resolves with its status, or the error of its connection, once all of the answer is read. */
function ask(
  { api, keys }: LoadedCollector,
  agent: Agent,
  kind: Kind,
  n: number,
  collection: string,
  events: Buffer | undefined,
): Promise<string> {
  const [type, parameters] = queries(collection)[n % 3]!;
  const [path, key, body] = {
    single: [`${api}/events/${encodeURIComponent(collection)}`, keys.write, events],
    bulk: [`${api}/events`, keys.write, events],
    query: [`${api}/queries/${type}`, keys.read, Buffer.from(JSON.stringify(parameters))],
    health: [`${new URL(api).origin}/health`, undefined, undefined],
  }[kind] as [string, string?, Buffer?];
  return new Promise((resolve) => {
    const request = send(path, {
      agent,
      method: body ? 'POST' : 'GET',
      timeout: TIMEOUT_MS,
      headers: {
        'x-forwarded-for': `203.0.113.${n % VISITORS}`,
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
      },
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', (error) => resolve(error.message));
      // A bulk must be taken in full.
      response.once('end', () =>
        resolve(text.includes('"success":false') ? 'not all taken' : String(response.statusCode)),
      );
    });
    request.end(body);
  });
}
