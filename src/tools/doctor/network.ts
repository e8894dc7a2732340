import type { CDPSession, Page, Request } from 'playwright';

/** A request with events, without its key. */
export interface Post {
  /** The address up to the project, such as `https://collector.example/3.0/projects/shop`. */
  project: string;
  /** The number of events in each collection. */
  events: Record<string, number>;
  /** The status; undefined before the answer, 0 if there was none. */
  status?: number;
  /** How many events the collector has acknowledged. */
  acknowledged?: number;
  /** The name of the collector's first error. */
  error?: string;
  /** Seconds by which the collector's clock differs from this machine's; undefined if it has not told its time. */
  clockOffset?: number;
}

/** A preflight for a request with events. */
export interface Preflight {
  /** Names in `Access-Control-Request-Headers`, in lower case. */
  asked: string[];
  status?: number;
  /** `Access-Control-Max-Age` in seconds; undefined without it. */
  maxAge?: number;
}

/** What a page's network has seen. */
export interface Network {
  posts: Post[];
  preflights: Preflight[];
  /** The text of each document and script that has come, by its address, and by the one that was redirected to it. */
  sources: Map<string, string>;
  /** The status of each answer for a document or script, by its address. */
  statuses: Map<string, number>;
  /** Resolves when each request with events has its answer. */
  settled(): Promise<void>;
  /** The key of the last request with events. It must not get into a text. */
  key(): string | undefined;
}

const EVENTS = /^(.*\/3\.0\/projects\/[^/?#]+)\/events$/;

/** Notes what a page sends from now on. */
export async function watchNetwork(page: Page, cdp: CDPSession): Promise<Network> {
  const posts: Post[] = [];
  const sources = new Map<string, string>();
  const statuses = new Map<string, number>();
  const pending = new Set<Promise<unknown>>();
  let key: string | undefined;
  const wait = (work: Promise<unknown>) => {
    const done = work.finally(() => pending.delete(done));
    pending.add(done);
  };
  // The page can learn of a refusal before the browser's tools tell the status.
  const preflights = await watchPreflights(cdp, (answer) =>
    wait(Promise.race([answer, new Promise((resolve) => setTimeout(resolve, ANSWER_MS))])),
  );

  page.on('request', (request) => {
    const [, project] = EVENTS.exec(request.url()) ?? [];
    if (!project || request.method() !== 'POST') return;
    key = request.headers().authorization ?? key;
    const post: Post = { project, events: countEvents(request.postData() ?? '') };
    posts.push(post);
    const answered = request.response().then(
      async (response) => {
        post.status = response?.status() ?? 0;
        if (response) Object.assign(post, await readAnswer(response).catch(() => ({})));
      },
      () => (post.status = 0),
    );
    wait(answered);
  });
  page.on('response', (response) => {
    if (!/^(document|script)$/.test(response.request().resourceType())) return;
    statuses.set(response.url(), response.status());
    // A redirect has no text, and that of an error is not what was asked for.
    if (!response.ok()) return;
    const read = response.text().then(
      (text) => {
        for (let asked: Request | null = response.request(); asked; asked = asked.redirectedFrom())
          sources.set(asked.url(), text);
      },
      // The page was left before.
      () => {},
    );
    wait(read);
  });

  return {
    posts,
    preflights,
    sources,
    statuses,
    key: () => key,
    async settled() {
      while (pending.size) await Promise.all(pending);
    },
  };
}

/** The status of a preflight comes within this time, or not at all. */
const ANSWER_MS = 2_000;

/** Preflights are visible to the browser's own tools only. */
async function watchPreflights(cdp: CDPSession, onAsked: (answer: Promise<void>) => void): Promise<Preflight[]> {
  const preflights: Preflight[] = [];
  const answered = new Map<string, () => void>();
  const byId = new Map<string, Preflight>();
  const lower = (headers: object) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.method !== 'OPTIONS' || !EVENTS.test(request.url)) return;
    const asked = lower(request.headers)['access-control-request-headers'] ?? '';
    const preflight: Preflight = {
      asked: asked
        .toLowerCase()
        .split(/\s*,\s*/)
        .filter(Boolean),
    };
    byId.set(requestId, preflight);
    preflights.push(preflight);
    onAsked(new Promise((resolve) => answered.set(requestId, resolve)));
  });
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    const preflight = byId.get(requestId);
    if (!preflight) return;
    preflight.status = response.status;
    const maxAge = lower(response.headers)['access-control-max-age'];
    if (maxAge !== undefined) preflight.maxAge = Number(maxAge);
    answered.get(requestId)?.();
  });
  cdp.on('Network.loadingFailed', ({ requestId }) => answered.get(requestId)?.());
  await cdp.send('Network.enable');
  return preflights;
}

function countEvents(text: string): Record<string, number> {
  try {
    const lists = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return Object.fromEntries(lists.map(([name, events]) => [name, Array.isArray(events) ? events.length : 1]));
  } catch {
    return {};
  }
}

async function readAnswer(response: {
  headers(): Record<string, string>;
  json(): Promise<any>;
}): Promise<Partial<Post>> {
  const { date } = response.headers();
  const clockOffset = date === undefined ? undefined : Math.round((Date.parse(date) - Date.now()) / 1000);
  const body = await response.json().catch(() => undefined);
  const results = Object.values(body ?? {}).flatMap((list) => (Array.isArray(list) ? list : []));
  const error = body?.error_code ?? results.find((result) => result?.error)?.error?.name;
  return {
    acknowledged: results.filter((result) => result?.success === true).length,
    ...(clockOffset !== undefined && { clockOffset }),
    ...(typeof error === 'string' && { error }),
  };
}
