import { countBytes } from './event.ts';
import type { Settings } from './options.ts';

/**
 * Bytes that are left for `keepalive` requests. The budget is the page's, shared by all its trackers.
 *
 * @see https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
 */
export let keepaliveRoom = 65_536;

/** Some browsers refuse `keepalive` if a request needs a preflight, so a failure turns it off until the next answer. */
let keepaliveWorks = true;

/** What came back for a request. */
export interface Answer {
  /** The HTTP status; 0 if there was no answer. */
  status: number;
  /** Parsed JSON of any shape; undefined if the body was not JSON. */
  body?: any;
  /** The Retry-After header; null if there is none. */
  _retryAfter?: string | null;
  /** The request had `keepalive`. */
  _keepalive: boolean;
}

/**
 * Posts a request body and resolves with the answer; never rejects. `fetch` is called before this function returns, so
 * it also works in the last task of a page. The only file with `fetch`.
 */
export async function post(settings: Settings, text: string): Promise<Answer> {
  /** For the request and the body of its answer. */
  const TIMEOUT_MS = 30_000;
  // A character takes at least one byte, and encoding a large body takes half a millisecond.
  const bytes = text.length > keepaliveRoom ? text.length : countBytes(text);
  const keepalive = keepaliveWorks && bytes <= keepaliveRoom;
  const answer: Answer = { status: 0, _keepalive: keepalive };
  if (keepalive) keepaliveRoom -= bytes;
  let signal: AbortSignal | undefined;
  try {
    signal = AbortSignal.timeout(TIMEOUT_MS);
  } catch {
    // Browsers before 2022 lack it and use a timeout of their own.
  }
  try {
    const { endpoint, projectId, scheme, writeKey } = settings;
    const response = await globalThis.fetch(/.*[^/]/.exec(endpoint)![0] + '/3.0/projects/' + projectId + '/events', {
      // No prototype, because the page can have put another option on it.
      __proto__: null,
      method: 'POST',
      headers: { authorization: (scheme && scheme + ' ') + writeKey, 'content-type': 'application/json' },
      body: text,
      keepalive,
      credentials: 'omit',
      // A redirect must not take the key to another server.
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal,
    } as RequestInit);
    answer.status = response.status;
    // A mock of `fetch` in a test can lack headers.
    answer._retryAfter = response.headers?.get?.('retry-after');
    answer.body = await response.json();
  } catch {
    // No answer, or an answer that is not JSON.
  }
  keepaliveWorks = answer.status > 0;
  if (keepalive) keepaliveRoom += bytes;
  return answer;
}
