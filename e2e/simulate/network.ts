import { createRandom, type Random } from '../../scripts/testing/random.ts';
import { type Answer, marksIn } from './collector.ts';
import type { Page } from './page.ts';
import type { World } from './world.ts';

/** The faults that one request can have. */
export const NETWORK_FAULTS = [
  'lost request',
  'lost answer',
  'slow',
  'never arrives',
  'never answered',
  'doubled',
  'server error',
  'unavailable',
  'too many',
  'request timeout',
  'spurious refusal',
  'proxy 400',
  'half body',
  'hanging body',
  'captive portal',
  'other JSON',
  'partial',
  'created',
  'keepalive refused',
] as const;
export type NetworkFault = (typeof NETWORK_FAULTS)[number];

/** One request of a page. */
export interface Sent {
  index: number;
  page: Page;
  authorization: string;
  body: string;
  /** The events in its body. */
  marks: number[];
  keepalive: boolean;
  /** Bytes of its body. */
  size: number;
  /** The page has got the outcome. */
  settled: boolean;
  /** It was cancelled by a crash. */
  killed: boolean;
}

/** What the page gets: no `answer` if the request failed, no `body` if the answer's body is not JSON. */
export interface Outcome {
  answer?: Answer;
  body?: unknown;
}

/** The network as the rest of the world uses it. */
export interface Network {
  /** The page's `fetch`. */
  send(page: Page, init: any): Promise<unknown>;
  /** How many requests were sent so far. */
  sent(): number;
}

/** Bytes of all keepalive requests of a page in flight. */
const KEEPALIVE_BUDGET = 65_536;

/** How likely a request without keepalive is cancelled with its page, rather than on the wire already. */
const CANCELLED_WITH_PAGE = 0.7;

/** JSON answers that are no collector's. */
const OTHER_JSON = [
  '{}',
  'null',
  '[]',
  '"ok"',
  '0',
  '{"ok":true}',
  '{"purchases":{}}',
  '{"purchases":"yes"}',
  '{"purchases":[null]}',
  '{"purchases":[{}]}',
  '{"purchases":[{"success":"true"}]}',
  '{"purchases":[{"success":false}]}',
  '{"purchases":[{"error":{"name":{"toString":0}}}]}',
  '{"purchases":{"shift":1},"views":{"shift":1},"a.b":{"shift":1}}',
];

/** Statuses of the faults that may ask for a wait with Retry-After. */
const RETRY_LATER: Partial<Record<NetworkFault | 'none', number[]>> = {
  'server error': [500, 502, 504, 599],
  unavailable: [503],
  'too many': [429],
  'request timeout': [408],
};

/** One request and its page's promise of a response. */
interface Exchange {
  sent: Sent;
  random: Random;
  fault: NetworkFault | 'none';
  /** The request fails as a lost connection does, in `ms` milliseconds. */
  fail(ms: number): void;
  /**
   * The head of the answer reaches the page in `ms` milliseconds. Its body follows `bodyMs` after it is asked for, or
   * never.
   */
  respond(answer: Answer, ms: number, bodyMs: number | undefined, broken?: boolean): void;
}

function createExchange(
  world: World,
  { sent, random, fault }: Pick<Exchange, 'sent' | 'random' | 'fault'>,
  signal: { onabort(handler: () => void): void } | undefined,
  resolve: (response: object) => void,
  reject: (error: Error) => void,
): Exchange {
  const { page } = sent;
  let head: Answer | undefined;
  /** Rejects the promise that the page waits for: the response, later its body. */
  let fails = reject;

  const settle = (outcome: Outcome) => {
    sent.settled = true;
    page.requests.delete(sent);
    world.rules.answered(sent, outcome);
  };

  signal?.onabort(() => {
    if (sent.settled) return;
    world.count('timeout');
    settle(head ? { answer: head } : {});
    fails(new DOMException('The operation timed out.', 'TimeoutError'));
  });

  const readBody = (answer: Answer, ms: number | undefined, broken: boolean) =>
    new Promise((read, unreadable) => {
      fails = unreadable;
      if (ms === undefined) return;
      page.task(ms, () => {
        if (sent.settled) return;
        try {
          if (broken) throw new SyntaxError('Unexpected end of JSON input');
          const body: unknown = JSON.parse(answer.body);
          settle({ answer, body });
          // A copy, because the page may change it.
          read(structuredClone(body));
        } catch (error) {
          settle({ answer });
          unreadable(error as Error);
        }
      });
    });

  return {
    sent,
    random,
    fault,

    fail(ms) {
      page.task(ms, () => {
        if (sent.settled) return;
        settle({});
        reject(new TypeError('Failed to fetch'));
      });
    },

    respond(answer, ms, bodyMs, broken = false) {
      page.task(ms, () => {
        if (sent.settled) return;
        head = answer;
        resolve({
          ok: answer.status < 300,
          status: answer.status,
          headers: new Headers(answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter }),
          json: () => readBody(answer, bodyMs, broken),
        });
      });
    },
  };
}

/** Seconds, a date, an unusable value, or nothing. */
function retryAfter(world: World, random: Random): string | undefined {
  const kind = random.pick(['none', 'none', 'seconds', 'seconds', 'date', 'long', 'bad', 'zero']);
  if (kind === 'none') return undefined;
  if (kind === 'bad') return random.pick(['soon', '', '-5', 'Infinity ']);
  if (kind === 'zero') return '0';
  world.count(`Retry-After (${kind})`);
  if (kind === 'date') return new Date(world.wall() + random.int(600) * 1000).toUTCString();
  return String(kind === 'long' ? random.pick([3600, 86_400, 200_000]) : 1 + random.int(120));
}

/** Answers in the collector's place; false if the request reaches the collector instead. */
function answerOnTheWay(world: World, { random, fault, respond }: Exchange, back: number, bodyBack: number): boolean {
  const plain = (status: number, body: string) => respond({ status, body }, back, bodyBack);
  const statuses = RETRY_LATER[fault];
  if (statuses) {
    const status = statuses.length > 1 ? random.pick(statuses) : statuses[0]!;
    const wait = retryAfter(world, random);
    const answer = { status, body: '{"message":"later"}', ...(wait === undefined ? {} : { retryAfter: wait }) };
    respond(answer, back, bodyBack);
  } else if (fault === 'spurious refusal') {
    plain(random.pick([401, 402, 403, 404]), random.pick(['{"error_code":"InvalidApiKeyError"}', '<html>']));
  } else if (fault === 'proxy 400') plain(400, random.pick(['<html>', '{}', 'null']));
  else if (fault === 'captive portal') plain(200, '<html>Please log in</html>');
  else if (fault === 'other JSON') plain(200, random.pick(OTHER_JSON));
  else return false;
  return true;
}

/** The request is on its way, and what comes back follows. */
function deliver(world: World, exchange: Exchange) {
  const { sent, random, fault, fail, respond } = exchange;
  const { page, authorization, body } = sent;
  const cancelled = sent.killed || (!page.alive && !sent.keepalive && random.chance(CANCELLED_WITH_PAGE));
  if (cancelled) return;
  const back = fault === 'slow' ? random.between(100, 5_000) : random.between(1, 80);
  const bodyBack = random.between(0, 10);
  if (answerOnTheWay(world, exchange, back, bodyBack)) return;

  const partial = fault === 'partial' ? random.pick([0.2, 0.6, 1]) : 0;
  const answer = world.collector.take(authorization, body, partial);
  world.trace(page, `request ${sent.index} → ${answer.status} ${answer.body.slice(0, 120)}`);
  if (fault === 'doubled') world.collector.take(authorization, body);
  if (fault === 'lost answer') fail(back);
  else if (fault === 'created' && answer.status === 200 && !answer.body.includes('false'))
    respond({ status: 201, body: '{"created":true}' }, back, bodyBack);
  else if (fault !== 'never answered')
    respond(answer, back, fault === 'hanging body' ? undefined : bodyBack, fault === 'half body');
}

/** Everything between `fetch` and the collector. */
export function createNetwork(world: World): Network {
  let count = 0;

  const chooseFault = (random: Random): NetworkFault | 'none' => {
    if (world.offline) return 'lost request';
    if (world.down) return 'server error';
    return world.faulty ? random.weighted({ none: world.settings.calm, ...world.settings.network }) : 'none';
  };

  const send = (page: Page, init: any): Promise<unknown> => {
    const body = typeof init.body === 'string' ? init.body : new TextDecoder().decode(init.body);
    const size = new TextEncoder().encode(body).length;
    const sent: Sent = {
      index: count++,
      page,
      authorization: new Headers(init.headers).get('authorization') ?? '',
      body,
      marks: marksIn(body),
      keepalive: init.keepalive === true,
      size,
      settled: false,
      killed: false,
    };
    const random = createRandom(world.seed, `request ${sent.index}`);
    const fault = chooseFault(random);
    const flags = sent.keepalive ? ', keepalive' : '';
    world.trace(page, `request ${sent.index}: ${sent.marks.join(' ')}${flags} (${size} B), ${fault}`);
    if (fault !== 'none') world.count(world.offline ? 'offline' : world.down ? 'down' : fault);
    world.rules.sent(sent);

    return new Promise((resolve, reject) => {
      const exchange = createExchange(world, { sent, random, fault }, init.signal, resolve, reject);
      const inFlight = page.keepaliveBytes();
      if (sent.keepalive && inFlight + size > KEEPALIVE_BUDGET) {
        const text = `request ${sent.index} has ${size} B, ${inFlight} B are in flight`;
        world.violation('keepalive budget', text);
        return exchange.fail(0);
      }
      page.requests.add(sent);
      if (fault === 'keepalive refused' && sent.keepalive) return exchange.fail(random.between(0, 1));
      if (fault === 'lost request') return exchange.fail(random.between(1, 300));
      if (fault === 'never arrives') return;
      const there = fault === 'slow' ? random.between(1_000, 40_000) : random.between(1, 80);
      world.after(there, () => deliver(world, exchange));
    });
  };

  return { send, sent: () => count };
}
