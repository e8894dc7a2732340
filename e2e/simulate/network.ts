import { type Answer, marksIn } from './collector.ts';
import type { Page } from './page.ts';
import { createRandom } from './random.ts';
import type { World } from './world.ts';

/** What can become of one request, beside that all goes well. */
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

/** One request of a page, as the simulation knows it. */
export interface Sent {
  index: number;
  page: Page;
  at: number;
  authorization: string;
  body: string;
  marks: number[];
  keepalive: boolean;
  size: number;
  settled: boolean;
  killed: boolean;
}

/** What the page got of it; no answer where it failed. `body` is undefined where it was not JSON. */
export interface Outcome {
  answer?: Answer;
  body?: unknown;
}

const KEEPALIVE_BUDGET = 65_536;

/** Answers that are JSON and no collector's. */
const OTHERS = [
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

/** Everything between `fetch` and the collector. */
export function createNetwork(world: World) {
  let count = 0;

  /** Seconds, a date, or what no sender can use. */
  const retryAfter = (random: ReturnType<typeof createRandom>): string | undefined => {
    const kind = random.pick(['none', 'none', 'seconds', 'seconds', 'date', 'long', 'bad', 'zero']);
    if (kind === 'none') return undefined;
    if (kind === 'bad') return random.pick(['soon', '', '-5', 'Infinity ']);
    if (kind === 'zero') return '0';
    world.count(`Retry-After (${kind})`);
    if (kind === 'date') return new Date(world.wall() + random.int(600) * 1000).toUTCString();
    return String(kind === 'long' ? random.pick([3600, 86_400, 200_000]) : 1 + random.int(120));
  };

  const send = (page: Page, init: any): Promise<unknown> => {
    const body = typeof init.body === 'string' ? init.body : new TextDecoder().decode(init.body);
    const size = new TextEncoder().encode(body).length;
    const headers = new Headers(init.headers);
    const sent: Sent = {
      index: count++,
      page,
      at: world.now(),
      authorization: headers.get('authorization') ?? '',
      body,
      marks: marksIn(body),
      keepalive: init.keepalive === true,
      size,
      settled: false,
      killed: false,
    };
    const random = createRandom(world.seed, `request ${sent.index}`);
    const fault = world.offline
      ? 'lost request'
      : world.down
        ? 'server error'
        : world.faulty
          ? random.weighted({ none: world.settings.calm, ...world.settings.network })
          : 'none';
    world.trace(
      page,
      `request ${sent.index}: ${sent.marks.join(' ')}${sent.keepalive ? ', keepalive' : ''} (${size} B), ${fault}`,
    );
    if (fault !== 'none') world.count(world.offline ? 'offline' : world.down ? 'down' : fault);
    world.rules.sent(sent);

    return new Promise((resolve, reject) => {
      const done = () => {
        sent.settled = true;
        page.requests.delete(sent);
      };
      const fail = (ms: number) =>
        page.task(ms, () => {
          if (sent.settled) return;
          done();
          world.rules.answered(sent, {});
          reject(new TypeError('Failed to fetch'));
        });

      if (sent.keepalive && page.keepaliveBytes() + size > KEEPALIVE_BUDGET) {
        world.violation(
          'keepalive budget',
          `request ${sent.index} has ${size} B, ${page.keepaliveBytes()} B are in flight`,
        );
        return void fail(0);
      }
      page.requests.add(sent);

      let head: Answer | undefined;
      let give = reject;
      init.signal?.onabort(() => {
        if (sent.settled) return;
        done();
        world.count('timeout');
        world.rules.answered(sent, head ? { answer: head } : {});
        give(new DOMException('The operation timed out.', 'TimeoutError'));
      });

      /** The answer's head reaches the page, and its body `bodyMs` after it is asked for; never where that is undefined. */
      const respond = (answer: Answer, ms: number, bodyMs: number | undefined, broken = false) =>
        page.task(ms, () => {
          if (sent.settled) return;
          head = answer;
          const json = () =>
            new Promise((read, unreadable) => {
              give = unreadable;
              if (bodyMs === undefined) return;
              page.task(bodyMs, () => {
                if (sent.settled) return;
                done();
                const outcome: Outcome = { answer };
                try {
                  if (broken) throw new SyntaxError('Unexpected end of JSON input');
                  outcome.body = JSON.parse(answer.body);
                } catch (error) {
                  world.rules.answered(sent, outcome);
                  return unreadable(error);
                }
                world.rules.answered(sent, outcome);
                // A copy, for whoever reads it may change it.
                read(structuredClone(outcome.body));
              });
            });
          resolve({
            ok: answer.status < 300,
            status: answer.status,
            headers: new Headers(answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter }),
            json,
          });
        });

      if (fault === 'keepalive refused' && sent.keepalive) return void fail(random.between(0, 1));
      if (fault === 'lost request') return void fail(random.between(1, 300));
      if (fault === 'never arrives') return;

      const slow = fault === 'slow';
      world.after(slow ? random.between(1_000, 40_000) : random.between(1, 80), () => {
        // Cancelled with its page, unless it was on the wire already.
        if (sent.killed || (!page.alive && !sent.keepalive && random.chance(0.7))) return;
        const back = slow ? random.between(100, 5_000) : random.between(1, 80);
        const bodyBack = random.between(0, 10);
        const plain = (status: number, body = 'no') => respond({ status, body }, back, bodyBack);
        const later = (status: number) => {
          const wait = retryAfter(random);
          respond(
            { status, body: '{"message":"later"}', ...(wait === undefined ? {} : { retryAfter: wait }) },
            back,
            bodyBack,
          );
        };
        if (fault === 'server error') return later(random.pick([500, 502, 504, 599]));
        if (fault === 'unavailable') return later(503);
        if (fault === 'too many') return later(429);
        if (fault === 'request timeout') return later(408);
        if (fault === 'spurious refusal')
          return plain(
            random.pick([401, 402, 403, 404]),
            random.pick(['{"error_code":"InvalidApiKeyError"}', '<html>']),
          );
        if (fault === 'proxy 400') return plain(400, random.pick(['<html>', '{}', 'null']));
        if (fault === 'captive portal') return plain(200, '<html>Please log in</html>');
        if (fault === 'other JSON') return plain(200, random.pick(OTHERS));

        const answer = world.collector.take(
          sent.authorization,
          body,
          fault === 'partial' ? random.pick([0.2, 0.6, 1]) : 0,
        );
        world.trace(page, `request ${sent.index} → ${answer.status} ${answer.body.slice(0, 120)}`);
        if (fault === 'doubled') world.collector.take(sent.authorization, body);
        if (fault === 'lost answer') return fail(back);
        if (fault === 'never answered') return;
        if (fault === 'created' && answer.status === 200 && !answer.body.includes('false'))
          return respond({ status: 201, body: '{"created":true}' }, back, bodyBack);
        respond(answer, back, fault === 'hanging body' ? undefined : bodyBack, fault === 'half body');
      });
    });
  };

  return { send, sent: () => count };
}
