import type { MemoryCollector, Weather } from './collector.ts';

/** The mailbox as a `fetch`. */
export interface MailboxFetch {
  /** Answers requests for events of any host, and hands the others on. */
  any(input: any, init?: any): Promise<any>;
  /** Takes the place of `globalThis.fetch` for the mailbox's own endpoint. A second call does nothing. */
  install(): void;
  /** Whether requests for the endpoint come here. */
  isInstalled(): boolean;
  /** Puts `fetch` back, unless another mock has taken its place. */
  uninstall(): void;
  /** Fails the requests that wait for an answer. */
  dropPending(): void;
}

type Fetch = (input: any, init?: any) => Promise<any>;

/** The path of the requests that a tracker makes. */
export const EVENTS_PATH = /\/3\.0\/projects\/[^/?#]+\/events$/;

// The clock of a test can be a mock.
const { setTimeout, clearTimeout } = globalThis;

/** What a browser throws without a network. */
const failed = () => new TypeError('Failed to fetch');

export function createFetch(collector: MemoryCollector, weather: () => Weather, endpoint: string): MailboxFetch {
  const before: Fetch | undefined = globalThis.fetch;
  let previous: Fetch | undefined;
  let drops = new Set<() => void>();

  /** Resolves after the weather's delay; rejects if the request is aborted or dropped. */
  const delay = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const drop = () => {
        clearTimeout(timer);
        reject(signal?.aborted ? signal.reason : failed());
      };
      drops.add(drop);
      signal?.addEventListener('abort', drop);
      const done = () => {
        drops.delete(drop);
        signal?.removeEventListener('abort', drop);
        resolve();
      };
      if (signal?.aborted) drop();
      else if (weather().delay) timer = setTimeout(done, weather().delay);
      else done();
    });

  const respond: Fetch = async (input, init) => {
    const isRequest = typeof input === 'object' && !(input instanceof URL);
    const headers = init?.headers ?? (isRequest ? input.headers : undefined);
    const body = init?.body ?? (isRequest ? await input.clone().text() : '');
    const text = ArrayBuffer.isView(body) ? new TextDecoder().decode(body) : String(body);
    await delay(init?.signal ?? undefined);
    if (weather().isOffline) throw failed();
    return toResponse(collector.answer({ authorization: readHeader(headers, 'authorization'), text }));
  };

  const addressOf = (input: any) => String(input?.url ?? input).replace(/[?#].*/, '');
  const route: Fetch = (input, init) =>
    addressOf(input).startsWith(`${endpoint}/`) ? respond(input, init) : callBefore(previous, input, init);

  return {
    any: (input, init) => (EVENTS_PATH.test(addressOf(input)) ? respond(input, init) : callBefore(before, input, init)),
    install() {
      if (previous || globalThis.fetch === route) return;
      // A page of a test can have no `fetch`, as in Jest's jsdom.
      previous = globalThis.fetch ?? noFetch;
      globalThis.fetch = route as typeof globalThis.fetch;
    },
    isInstalled: () => globalThis.fetch === route,
    uninstall() {
      // Another mock that has come later still hands requests on to `previous`.
      if (globalThis.fetch !== route) return;
      if (previous === noFetch) delete (globalThis as { fetch?: unknown }).fetch;
      else globalThis.fetch = previous as typeof globalThis.fetch;
      previous = undefined;
    },
    dropPending() {
      const dropped = drops;
      drops = new Set();
      for (const drop of dropped) drop();
    },
  };
}

const noFetch: Fetch = () =>
  Promise.reject(new TypeError('mailslot: this page has no fetch, and the mailbox takes requests for events only'));

function callBefore(fetch: Fetch = noFetch, input: any, init: any): Promise<any> {
  return fetch.call(globalThis, input, init);
}

/** The value of a header, from any of the forms that `fetch` takes. */
function readHeader(headers: any, name: string): string | undefined {
  if (typeof headers?.get === 'function') return headers.get(name) ?? undefined;
  const pairs: [string, string][] = Array.isArray(headers) ? headers : Object.entries(headers ?? {});
  return pairs.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** A response, also where `Response` is missing, as in Jest's jsdom. */
function toResponse({ status, body, retryAfter }: ReturnType<MemoryCollector['answer']>): unknown {
  const text = JSON.stringify(body);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  if (typeof Response === 'function') return new Response(text, { status, headers });
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: (name: string) => headers[name.toLowerCase()] ?? null },
    text: async () => text,
    json: async () => JSON.parse(text),
  };
}
