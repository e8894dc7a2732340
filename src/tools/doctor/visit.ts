import type { Browser, CDPSession, Page } from 'playwright';
import { CommandError } from '../cli/command.ts';
import { type Network, watchNetwork } from './network.ts';

/** A violation of a Content Security Policy. */
export interface Violation {
  directive: string;
  blocked: string;
  sample: string;
}

/** A script tag of mailslot. */
export interface Tag {
  src: string;
  integrity: string;
  crossOrigin: string | null;
  /** Its data attributes. They hold the key. */
  data: Record<string, string>;
  /** The name of its global. */
  global: string;
  isStarted: boolean;
}

/** What a page looks like from the inside. */
export interface PageState {
  tags: Tag[];
  /** Inline scripts that are a stub: their text, and whether they have a nonce. */
  stubs: { text: string; hasNonce: boolean }[];
  /** Whether the global of the first tag is there. */
  hasGlobal: boolean;
  /** Projects with a queue in the origin's storage. */
  queues: string[];
  /** Policies of the page's meta elements. */
  metaPolicies: string[];
  violations: Violation[];
  /** `Date.now()` of the page. */
  now: number;
}

/** A page that is open. */
export interface Visit {
  page: Page;
  cdp: CDPSession;
  network: Network;
  /** What the page has written to the console, and its uncaught errors. */
  messages: string[];
  /** The header's policies. */
  policies: string[];
  state(): Promise<PageState>;
  close(): Promise<void>;
}

/** Time for the page to load, and for its tracker to start. */
const LOAD_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 10_000;

/** Runs in the page before its own scripts. */
function noteViolations(): void {
  const violations: Violation[] = [];
  Object.defineProperty(globalThis, Symbol.for('mailslot.doctor'), { value: violations });
  addEventListener(
    'securitypolicyviolation',
    ({ effectiveDirective, blockedURI, sample }) =>
      violations.push({ directive: effectiveDirective, blocked: blockedURI, sample }),
    true,
  );
}

/** Runs in the page. */
async function readState(): Promise<PageState> {
  const page = globalThis as any;
  const scripts = [...document.querySelectorAll<HTMLScriptElement>('script')];
  const tags = scripts
    .filter(({ dataset }) => dataset.projectId !== undefined && dataset.writeKey !== undefined)
    .map(({ src, integrity, crossOrigin, dataset }) => {
      const global = dataset.global ?? 'mailslot';
      const isStarted = page[global]?.t === `mailslot:${dataset.projectId}`;
      return { src, integrity, crossOrigin, data: { ...dataset } as Record<string, string>, global, isStarted };
    });
  const databases = (await globalThis.indexedDB?.databases?.()) ?? [];
  const metas = document.querySelectorAll<HTMLMetaElement>('meta[http-equiv="content-security-policy" i]');
  return {
    tags,
    stubs: scripts
      .filter(({ src, textContent }) => !src && /^\s*var mailslot=mailslot\|\|/.test(textContent ?? ''))
      .map(({ textContent, nonce }) => ({ text: textContent!, hasNonce: Boolean(nonce) })),
    hasGlobal: typeof page[tags[0]?.global ?? 'mailslot'] === 'function',
    queues: databases
      .map(({ name = '' }) => name)
      .filter((name) => /^mailslot:.+[^:]$/.test(name))
      .map((name) => name.slice(9)),
    metaPolicies: [...metas].map(({ content }) => content),
    violations: page[Symbol.for('mailslot.doctor')] ?? [],
    now: Date.now(),
  };
}

/**
 * Opens a page as a new visitor, and waits until it has loaded and its tracker has started.
 *
 * @param prepare runs in the page before its own scripts
 * @throws CommandError if the page does not load
 */
export async function openVisit(browser: Browser, url: string, prepare?: () => void): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(String(error)));
  const cdp = await context.newCDPSession(page);
  await cdp.send('Page.enable');
  const network = await watchNetwork(page, cdp);
  await page.addInitScript(noteViolations);
  if (prepare) await page.addInitScript(prepare);
  const response = await page.goto(url, { waitUntil: 'load', timeout: LOAD_TIMEOUT_MS }).catch((error: Error) => {
    throw new CommandError(`The page does not load: ${error.message.split('\n')[0]!.replace('page.goto: ', '')}`);
  });
  if (!response?.ok()) throw new CommandError(`The page answers ${response?.status() ?? 'nothing'}.`);
  const header = (await response.allHeaders())['content-security-policy'];
  await untilStarted(page, network);
  return {
    page,
    cdp,
    network,
    messages,
    policies: header ? header.split(/\n|,(?=\s*[a-z-]+ )/) : [],
    state: () => page.evaluate(readState),
    close: () => context.close(),
  };
}

/** Resolves when each tag of the page has started, or an import has created its queue; or after ten seconds. */
async function untilStarted(page: Page, network: Network): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const isReady = async () => {
    const { tags, queues } = await page.evaluate(readState);
    return tags.length ? tags.every(({ isStarted }) => isStarted) : queues.length > 0 || network.posts.length > 0;
  };
  while (!(await isReady()) && Date.now() < deadline) await page.waitForTimeout(100);
}

/** An event that the doctor tracks itself, and what became of it. */
export interface OwnEvent {
  outcome: string;
  /** As `flush()` returns it. */
  flushed: { delivered: number; kept: number; givenUp: number };
}

/** The collection of the doctor's own events. */
export const OWN_COLLECTION = 'mailslot_doctor';

/** Tracks an event of the doctor's own through the global of a tag, and flushes. */
export function trackOwn(page: Page, global: string): Promise<OwnEvent> {
  return page.evaluate(
    async ([name, collection]) => {
      const mailslot = (globalThis as any)[name!];
      const outcome = await mailslot(collection, { page: location.pathname });
      return { outcome, flushed: await mailslot.flush() };
    },
    [global, OWN_COLLECTION],
  );
}

/**
 * Sends what waits in each tracker of the page. With an import there is no handle, and only time helps: `flushInterval`
 * is a second by default.
 */
export async function flush({ page, network, state }: Visit): Promise<void> {
  const globals = (await state()).tags.filter(({ isStarted }) => isStarted).map(({ global }) => global);
  if (globals.length)
    await page.evaluate((names) => Promise.all(names.map((name) => (globalThis as any)[name].flush())), globals);
  else await page.waitForTimeout(1500);
  await network.settled();
}

/** The page's own events in all requests so far, by collection. */
export function ownEvents({ posts }: Network): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { events } of posts) {
    for (const [name, count] of Object.entries(events)) {
      if (name !== OWN_COLLECTION) counts[name] = (counts[name] ?? 0) + count;
    }
  }
  return counts;
}
