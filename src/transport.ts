import { utf8 } from './event.ts';

/** Bytes that all `keepalive` requests of a page share; see https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const KEEPALIVE_BUDGET = 65_536;

/** Milliseconds for one request, its answer's body included. */
const PATIENCE = 30_000;

/** Status 0 where there was no answer, -1 where there was none to a request with keepalive. */
export type Answer = [status: number, body?: any, retryAfter?: string | null];

/** The only place that talks to the network. */
export function createSender(url: string, authorization: () => string) {
  let free = KEEPALIVE_BUDGET;

  return [
    /**
     * post: one request; the answer, never an error. It is under way when this returns, for nothing is awaited before `fetch`.
     *
     * @param outlive the page, if the budget has room for it
     */
    async (text: string, outlive: boolean): Promise<Answer> => {
      const body = utf8(text);
      const size = body.length;
      const keepalive = outlive && size <= free;
      if (keepalive) free -= size;
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { authorization: authorization(), 'content-type': 'application/json' },
          body,
          keepalive,
          credentials: 'omit',
          // The key must not follow to wherever a redirect leads.
          redirect: 'error',
          referrerPolicy: 'no-referrer',
          // Browsers before 2022 have none, and then it is theirs to give up.
          signal: AbortSignal.timeout?.(PATIENCE),
        });
        return [response.status, await response.json().catch(() => 0), response.headers.get('retry-after')];
      } catch {
        return [keepalive ? -1 : 0];
      } finally {
        if (keepalive) free += size;
      }
    },

    /** free: bytes that a request may have to outlive the page. */
    () => free,
  ] as const;
}
