import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { checkOptions } from '../options.ts';
import { keepaliveRoom, post } from '../transport.ts';
import { createDeferred } from './page.ts';

/** A request that the stub of `fetch` got. */
export interface SentRequest {
  url: string;
  init: RequestInit & { headers: Record<string, string> };
  /** The body as text. */
  text: string;
  /** The events by collection. */
  lists: Record<string, any[]>;
  /** The values of `n` of all events, in the order of the body. */
  counts: number[];
}

/** An answer: `body` is sent as JSON, or as it is if it is a string. */
export interface Reply {
  status: number;
  body?: unknown;
  retryAfter?: string;
}

/** Answers as Keen does if all events are valid. */
export const accept = ({ lists }: SentRequest): Reply => ({
  status: 200,
  body: Object.fromEntries(
    Object.entries(lists).map(([collection, events]) => [collection, events.map(() => ({ success: true }))]),
  ),
});

/** Fails as `fetch` does if there is no connection. */
export const failNetwork = (): never => {
  throw new TypeError('Failed to fetch');
};

/** Answers the first requests from a list, and accepts the others. */
export function inOrder(...answers: (Reply | ((request: SentRequest) => Reply | Promise<Reply>))[]) {
  return (request: SentRequest) => {
    const answer = answers.shift() ?? accept;
    return typeof answer === 'function' ? answer(request) : answer;
  };
}

/**
 * Replaces `fetch` for one test.
 *
 * @param answer is called with each request; `fetch` rejects if it throws
 * @returns all requests so far
 */
export function stubFetch(
  context: TestContext,
  answer: (request: SentRequest) => Reply | Promise<Reply>,
): SentRequest[] {
  const requests: SentRequest[] = [];
  // Requests without an answer fail at the end of the test, so that they do not reach into the next one.
  const ended = createDeferred();
  context.after(() => ended.resolve());
  context.mock.method(globalThis, 'fetch', async (url: string, init: SentRequest['init']) => {
    const text = Buffer.from(init.body as Uint8Array).toString();
    const lists: SentRequest['lists'] = JSON.parse(text);
    const counts = Object.values(lists).flatMap((events) => events.map(({ n }) => n));
    const request = { url, init, text, lists, counts };
    requests.push(request);
    const { status, body, retryAfter } = (await Promise.race([answer(request), ended.promise])) ?? failNetwork();
    return new Response(typeof body === 'string' || body === undefined ? (body ?? null) : JSON.stringify(body), {
      status,
      headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    });
  });
  return requests;
}

/** Turns `keepalive` on for the test, because an earlier test of the file can have left it off. */
export async function restoreKeepalive(context: TestContext): Promise<void> {
  const { mock } = context.mock.method(globalThis, 'fetch', async () => new Response('{}'));
  await post(checkOptions({ projectId: 'shop', writeKey: 'write_good' }), '{}');
  mock.restore();
  assert.equal(keepaliveRoom, 65_536, 'an earlier test left a request in flight');
}
