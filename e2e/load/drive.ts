import autocannon from 'autocannon';
import type { EventSource } from './events.ts';

export interface Target {
  /** The project's API, up to its id. */
  api: string;
  writeKey: string;
  collection: string;
}

export interface Driving {
  source: EventSource;
  /** Events in a request: 1 takes the route for one event, more the one for bulks. */
  per: number;
  connections: number;
  /** When it ends. */
  until: { requests: number } | { seconds: number };
  /** Called for each request that was answered as taken, with the number of its first event. */
  acknowledged?: (first: number) => void;
}

export interface Driven {
  /** Events that were answered as taken. */
  events: number;
  /** From the first request to the last such answer. */
  seconds: number;
  /** Milliseconds from a request to its answer: median, 99th percentile, longest. */
  p50: number;
  p99: number;
  max: number;
  /** How often it was answered otherwise, by status or error. */
  refused: Map<string, number>;
}

export interface Drive {
  /** Resolves at the end, or soon after `stop` was called. */
  done: Promise<Driven>;
  /** From now on no event is sent. */
  stop(): void;
}

/** Sends events as fast as they are acknowledged; each connection has one request under way. */
export function drive(
  { api, writeKey, collection }: Target,
  { source, per, connections, until, acknowledged }: Driving,
): Drive {
  // The answer in full: anything else in a bulk's answer would be an event that was not taken.
  const [path, status, taken] =
    per === 1
      ? [`/events/${encodeURIComponent(collection)}`, 201, '{"created":true}']
      : ['/events', 200, `{"${collection}":[${Array<string>(per).fill('{"success":true}').join()}]}`];
  const refused = new Map<string, number>();
  const refuse = (why: string) => refused.set(why, (refused.get(why) ?? 0) + 1);
  const began = performance.now();
  let requests = 0;
  let ended = began;
  let stopped = false;

  // A connection has a context of its own, which lives from a request to its answer.
  interface Carried {
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
          path: new URL(api).pathname + path,
          setupRequest(request, context) {
            // It connects again and again until its own clock ticks; that must not use up events.
            if (stopped) return { ...request, method: 'GET', path: '/health' };
            const { body, first } = source.next(per);
            (context as Carried).first = first;
            return { ...request, body };
          },
          onResponse(code, body, context) {
            if (code !== status || body !== taken)
              return void (stopped || refuse(code === status ? 'not all taken' : String(code)));
            requests++;
            ended = performance.now();
            acknowledged?.((context as Carried).first);
          },
        },
      ],
    },
    (error, result) => finish(error, result),
  );
  instance.on('reqError', (error: Error) => refuse(error.message));
  return {
    stop() {
      stopped = true;
      instance.stop();
    },
    done: new Promise((resolve, reject) => {
      finish = (error, { latency }) => {
        if (error) return reject(error as Error);
        resolve({
          events: requests * per,
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
