import type { MemoryCollector, Weather } from './collector.ts';
import { EVENTS_PATH } from './fetch.ts';

/** What a mailbox needs of Playwright's `Page` or `BrowserContext`. */
export interface Routable {
  route(url: (url: URL) => boolean, handler: (route: any) => any): Promise<unknown>;
  unroute(url: (url: URL) => boolean, handler?: (route: any) => any): Promise<unknown>;
}

export interface MailboxRoutes {
  add(page: Routable): Promise<void>;
  /** Lets requests through again. */
  remove(): Promise<void>;
}

const { setTimeout } = globalThis;

const isForEvents = ({ pathname }: URL) => EVENTS_PATH.test(pathname);

export function createRoutes(collector: MemoryCollector, weather: () => Weather): MailboxRoutes {
  let pages: Routable[] = [];

  const answer = async (route: any) => {
    const request = route.request();
    // Playwright answers most preflights itself.
    if (request.method() === 'OPTIONS') return route.fulfill({ status: 204, headers: corsHeaders(request) });
    const { delay } = weather();
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (weather().isOffline) return route.abort('internetdisconnected');
    const { authorization } = request.headers();
    const { status, body, retryAfter } = collector.answer({ authorization, text: request.postData() ?? '' });
    return route.fulfill({
      status,
      contentType: 'application/json',
      headers: { ...corsHeaders(request), ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }) },
      body: JSON.stringify(body),
    });
  };

  return {
    async add(page) {
      pages.push(page);
      // The page can be closed while an answer is under way.
      await page.route(isForEvents, (route) => answer(route).catch(ignoreClosed));
    },
    async remove() {
      const before = pages;
      pages = [];
      await Promise.all(before.map((page) => page.unroute(isForEvents).catch(ignoreClosed)));
    },
  };
}

function ignoreClosed(error: unknown): void {
  if (!/closed|crashed|already handled/i.test(String(error))) throw error;
}

const corsHeaders = (request: any) => ({
  'access-control-allow-origin': request.headers().origin ?? '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-expose-headers': 'retry-after',
});
