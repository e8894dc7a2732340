import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventSource, eventSource } from '../events.ts';

const RETRY_DELAY_MS = 100;
const TIMEOUT_MS = 10_000;
/** More events than can be sent, so that each has a different time. */
const MAX_EVENTS = 20_000_000;

export interface SenderOptions {
  /** The addresses of the collectors' APIs, up to the project id. */
  apis: string[];
  writeKey: string;
  collection: string;
  perRequest: number;
  connections: number;
  /** Events a second, over all connections. */
  rate: number;
}

/** Sends bulks until it is stopped, each again and again until it is acknowledged, as the tracker does. */
export interface Sender {
  source: EventSource;
  /** Events acknowledged so far. */
  acknowledged(): number;
  /** Requests that were not acknowledged at once. */
  retries(): number;
  /** Resolves once each bulk that is on its way now has been acknowledged, and one that begins later. */
  settled(): Promise<void>;
  /** Sends no further bulk, and resolves once all are acknowledged. */
  stop(): Promise<void>;
}

export function startSender({ apis, writeKey, collection, perRequest, connections, rate }: SenderOptions): Sender {
  const source = eventSource({ collection, total: MAX_EVENTS, seed: `${collection} ${Date.now()}` });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const onTheirWay = new Set<Promise<void>>();
  /** Each gets the next bulk. */
  const waiting: ((bulk: Promise<void>) => void)[] = [];
  let acknowledged = 0;
  let retries = 0;
  let stopping = false;
  let turn = 0;

  /** @returns whether the bulk was acknowledged */
  function post(body: Buffer): Promise<boolean> {
    const url = `${apis[turn++ % apis.length]!}/events`;
    return new Promise((resolve) => {
      const headers = { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json' };
      const sent = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200)).on('error', () => resolve(false));
      });
      sent.on('error', () => resolve(false)).on('timeout', () => sent.destroy());
      sent.end(body);
    });
  }

  async function sendOne(): Promise<void> {
    const { body, first } = source.next(perRequest);
    // The source reuses its buffers.
    for (let copy = Buffer.from(body); !(await post(copy)); copy = Buffer.from(source.again(first, perRequest))) {
      retries++;
      await sleep(RETRY_DELAY_MS);
    }
    acknowledged += perRequest;
  }

  /** The connections take turns, so that bulks begin at an even rate. */
  async function connection(index: number): Promise<void> {
    const interval = (1000 * perRequest * connections) / rate;
    await sleep((index / connections) * interval);
    while (!stopping) {
      const began = performance.now();
      const sending = sendOne();
      for (const resolve of waiting.splice(0)) resolve(sending);
      onTheirWay.add(sending);
      await sending;
      onTheirWay.delete(sending);
      await sleep(Math.max(0, interval - (performance.now() - began)));
    }
  }

  const running = Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));
  return {
    source,
    acknowledged: () => acknowledged,
    retries: () => retries,
    async settled() {
      const later = new Promise<void>((resolve) => waiting.push(resolve));
      await Promise.all([later, ...onTheirWay]);
    },
    async stop() {
      stopping = true;
      await running;
      agent.destroy();
    },
  };
}
