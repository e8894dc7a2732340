import autocannon from 'autocannon';
import type { EventSource } from './events.ts';

/** The collection that events are sent to. */
export interface Target {
  /** The address of the project's API, up to the project id. */
  api: string;
  writeKey: string;
  collection: string;
}

export interface LoadOptions {
  source: EventSource;
  /** Events per request: 1 uses the route for single events, more the route for bulks. */
  perRequest: number;
  connections: number;
  /** The end of the load. */
  until: { requests: number } | { seconds: number };
  /** Called for each acknowledged request with the number of its first event. */
  acknowledged?: (first: number) => void;
}

export interface LoadResult {
  /** Acknowledged events. */
  events: number;
  /** From the first request to the last acknowledgement. */
  seconds: number;
  /** Milliseconds from a request to its answer: median, 99th percentile, maximum. */
  p50: number;
  p99: number;
  max: number;
  /** The number of other answers, by status or error. */
  refused: Map<string, number>;
}

/** A load that is running. */
export interface Load {
  /** Resolves at the end, or soon after `stop()`. */
  done: Promise<LoadResult>;
  /** Sends no event from now on. */
  stop(): void;
}

/** Sends events as fast as they are acknowledged, with one request in flight per connection. */
export function drive(
  { api, writeKey, collection }: Target,
  { source, perRequest, connections, until, acknowledged }: LoadOptions,
): Load {
  // The whole body is compared, because any other answer to a bulk means that an event was not taken.
  const expected =
    perRequest === 1
      ? { path: `/events/${encodeURIComponent(collection)}`, status: 201, body: '{"created":true}' }
      : {
          path: '/events',
          status: 200,
          body: `{"${collection}":[${Array<string>(perRequest).fill('{"success":true}').join()}]}`,
        };
  const refused = new Map<string, number>();
  const countRefused = (why: string) => refused.set(why, (refused.get(why) ?? 0) + 1);
  const began = performance.now();
  let requests = 0;
  let ended = began;
  let stopped = false;

  // Each connection has a context, which lasts from a request to its answer.
  interface Context {
    first: number;
  }
  let finish!: (error: unknown, result: autocannon.Result) => void;
  const instance = autocannon(
    {
      url: new URL(api).origin,
      connections,
      timeout: 60,
      ...('requests' in until ? { amount: until.requests } : { duration: until.seconds }),
      headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json' },
      requests: [
        {
          method: 'POST',
          path: new URL(api).pathname + expected.path,
          setupRequest(request, context) {
            // autocannon reconnects until its own timer fires; that must not use up events.
            if (stopped) return { ...request, method: 'GET', path: '/health' };
            const { body, first } = source.next(perRequest);
            (context as Context).first = first;
            return { ...request, body };
          },
          onResponse(code, body, context) {
            if (code !== expected.status || body !== expected.body) {
              if (!stopped) countRefused(code === expected.status ? 'not all taken' : String(code));
              return;
            }
            requests++;
            ended = performance.now();
            acknowledged?.((context as Context).first);
          },
        },
      ],
    },
    (error, result) => finish(error, result),
  );
  instance.on('reqError', (error: Error) => countRefused(error.message));
  return {
    stop() {
      stopped = true;
      instance.stop();
    },
    done: new Promise((resolve, reject) => {
      finish = (error, { latency }) => {
        if (error) return reject(error as Error);
        resolve({
          events: requests * perRequest,
          seconds: (ended - began) / 1000,
          p50: latency.p50,
          p99: latency.p99,
          max: latency.max,
          refused,
        });
      };
    }),
  };
}

/** @throws Error if a request was not acknowledged */
export function checkAllTaken({ refused }: LoadResult): void {
  if (refused.size) throw new Error(`not all events were taken: ${[...refused].join('; ')}`);
}
