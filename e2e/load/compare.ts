import type { LoadedCollector } from './collector.ts';
import type { EventSource } from './events.ts';

/** Events that one extraction is asked for. */
const PAGE = 50_000;

/** What was sent to a collection. */
export interface Sent {
  collection: string;
  source: EventSource;
  /** Events in a request. */
  per: number;
  /** The first event of each request that was acknowledged. */
  acknowledged: Set<number>;
}

/**
 * Looks for each event that was sent: an acknowledged one must be there once, another one at most once. How many of the
 * others are there.
 * @throws Error that names the first event of which that is not so
 */
export async function compare(collector: LoadedCollector, sent: Sent): Promise<number> {
  const { collection, source, per, acknowledged } = sent;
  const there = await readTokens(collector, sent);
  let others = 0;
  for (let event = 0; event < source.made(); event++) {
    const times = there.get(source.token(event)) ?? 0;
    const isAcknowledged = acknowledged.has(event - (event % per));
    if (isAcknowledged ? times !== 1 : times > 1) {
      throw new Error(
        `${collection}: event ${event}, ${isAcknowledged ? 'acknowledged' : 'not acknowledged'}, is there ${times} times`,
      );
    }
    if (!isAcknowledged) others += times;
  }
  return others;
}

/** How often each token is in the collection. */
async function readTokens({ query }: LoadedCollector, { collection, source }: Sent): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  const iso = (event: number) => new Date(source.time(event)).toISOString();
  for (let from = 0; from < source.made(); from += PAGE) {
    const events = (await query('extraction', {
      event_collection: collection,
      property_names: ['keen.uniqueness_token'],
      timeframe: { start: iso(from), end: iso(from + PAGE) },
    })) as { keen: { uniqueness_token: string } }[];
    for (const { keen } of events) times.set(keen.uniqueness_token, (times.get(keen.uniqueness_token) ?? 0) + 1);
  }
  return times;
}

/** Sends each request anew that was not acknowledged, from the numbers of its events. */
export async function sendAgain(
  collector: LoadedCollector,
  { collection, source, per, acknowledged }: Sent,
): Promise<void> {
  const url = `${collector.api}/events${per === 1 ? `/${encodeURIComponent(collection)}` : ''}`;
  for (let first = 0; first < source.made(); first += per) {
    if (acknowledged.has(first)) continue;
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${collector.keys.write}`, 'content-type': 'application/json' },
      body: new Uint8Array(source.again(first, per)),
    });
    if (!response.ok)
      throw new Error(`${collection}: sent again, answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}
