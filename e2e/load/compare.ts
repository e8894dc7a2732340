import type { LoadedCollector } from './collector.ts';
import type { EventSource } from './events.ts';

/** Events of one extraction. */
const PAGE = 50_000;

/** The events that were sent to a collection. */
export interface Sent {
  collection: string;
  source: EventSource;
  /** Events per request. */
  perRequest: number;
  /** The first event of each request that was acknowledged. */
  acknowledged: Set<number>;
}

/**
 * Checks each sent event: an acknowledged event must be stored once, any other at most once.
 * @returns how many of the other events are stored
 * @throws Error that names the first event that breaks this
 */
export async function compare(collector: LoadedCollector, sent: Sent): Promise<number> {
  const { collection, source, perRequest, acknowledged } = sent;
  const stored = await readTokens(collector, sent);
  let others = 0;
  for (let event = 0; event < source.made(); event++) {
    const times = stored.get(source.token(event)) ?? 0;
    const isAcknowledged = acknowledged.has(event - (event % perRequest));
    if (isAcknowledged ? times !== 1 : times > 1) {
      throw new Error(
        `${collection}: event ${event}, ${isAcknowledged ? 'acknowledged' : 'not acknowledged'}, is stored ${times} times`,
      );
    }
    if (!isAcknowledged) others += times;
  }
  return others;
}

/** How often the collection has each token. */
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

/** Sends again each request that was not acknowledged. */
export async function sendAgain(
  collector: LoadedCollector,
  { collection, source, perRequest, acknowledged }: Sent,
): Promise<void> {
  const url = `${collector.api}/events${perRequest === 1 ? `/${encodeURIComponent(collection)}` : ''}`;
  for (let first = 0; first < source.made(); first += perRequest) {
    if (acknowledged.has(first)) continue;
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${collector.keys.write}`, 'content-type': 'application/json' },
      body: new Uint8Array(source.again(first, perRequest)),
    });
    if (!response.ok)
      throw new Error(
        `${collection}: a repeated request was answered with ${response.status}: ${await response.text()}`,
      );
    await response.arrayBuffer();
  }
}
