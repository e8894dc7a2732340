import type { Browser } from 'playwright';
import { bad, type Finding, good, note } from './finding.ts';
import { flush, openVisit, ownEvents, type Tag, trackOwn, type Visit } from './visit.ts';

/** What to do about a page that the back/forward cache refuses, by a part of Chromium's name of the reason. */
const BFCACHE_MENDS: [reason: RegExp, mend: string][] = [
  [/Unload/, 'replace unload listeners by pagehide; Permissions-Policy: unload=() finds them'],
  [/NoStore/, 'answer with Cache-Control: no-cache in place of no-store'],
  [/WebSocket|WebTransport|WebRTC/, 'close connections in pagehide, and open them in pageshow'],
  [/IndexedDB|Lock/, 'close transactions and release locks in pagehide'],
  [/Broadcast|Worker|Port/, 'close channels and workers in pagehide'],
];

/** Of the browser itself; a page cannot mend it. */
const CIRCUMSTANTIAL = /BrowsingInstanceNotSwapped|RelatedActiveContents|Timeout|CacheLimit|CacheFlushed/;

/** Leaves the page and comes back: is it still the same page? */
export async function checkBfcache({ page, cdp }: Visit): Promise<Finding> {
  const reasons: string[] = [];
  cdp.on('Page.backForwardCacheNotUsed', ({ notRestoredExplanations }) => {
    reasons.push(...notRestoredExplanations.map(({ reason }) => reason));
  });
  const url = page.url();
  await page.evaluate(() => {
    const mark: { isRestored?: boolean } = {};
    Object.defineProperty(globalThis, Symbol.for('mailslot.doctor.back'), { value: mark });
    addEventListener('pageshow', ({ persisted }) => {
      mark.isRestored = persisted;
    });
  });
  await page.goto('about:blank');
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForURL(url, { waitUntil: 'commit' });
  // A page that has loaded again has no mark.
  await page.waitForFunction(() => {
    const mark = (globalThis as any)[Symbol.for('mailslot.doctor.back')];
    return mark ? mark.isRestored !== undefined : document.readyState === 'complete';
  });
  const isRestored = await page.evaluate(() => (globalThis as any)[Symbol.for('mailslot.doctor.back')]?.isRestored);
  if (isRestored) return good('bfcache', 'the page enters the back/forward cache');
  const own = [...new Set(reasons)].filter((reason) => !CIRCUMSTANTIAL.test(reason));
  if (!own.length)
    return note('bfcache', `not used this time (${[...new Set(reasons)].join(', ') || 'no reason given'})`);
  const mends = BFCACHE_MENDS.filter(([part]) => own.some((reason) => part.test(reason))).map(([, mend]) => mend);
  return bad('bfcache', `kept out by ${own.join(', ')}`, mends.join('; ') || 'see web.dev/articles/bfcache');
}

/** Runs in the page before its own scripts: it is prerendered until the doctor activates it. */
function prerender(): void {
  let prerendering = true;
  Object.defineProperty(Document.prototype, 'prerendering', { configurable: true, get: () => prerendering });
  Object.defineProperty(globalThis, Symbol.for('mailslot.doctor.activate'), {
    value: () => {
      prerendering = false;
      document.dispatchEvent(new Event('prerenderingchange'));
    },
  });
}

/** Runs in the page before its own scripts. */
function signalGpc(): void {
  Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { configurable: true, get: () => true });
}

/** Opens the page as if it were prerendered, and then shows it: nothing may be sent before, and everything once after. */
export async function checkPrerender(
  browser: Browser,
  url: string,
  tag: Tag | undefined,
  onLoad: Record<string, number>,
): Promise<Finding> {
  const visit = await openVisit(browser, url, prerender);
  try {
    await flush(visit);
    const early = visit.network.posts.length;
    if (early) {
      const text = `${early} ${early === 1 ? 'request' : 'requests'} left before the page was shown`;
      return bad('prerender', text, 'send through mailslot alone, which waits for prerenderingchange');
    }
    const held = await visit.page.evaluate((name) => (globalThis as any)[name!]?.pending?.() ?? 0, tag?.global ?? '');
    await visit.page.evaluate(() => (globalThis as any)[Symbol.for('mailslot.doctor.activate')]());
    await flush(visit);
    await flush(visit);
    const shown = ownEvents(visit.network);
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);
    if (sum(shown) > Math.max(held, sum(onLoad))) {
      const twice = Object.keys(shown).filter((name) => shown[name]! > (onLoad[name] ?? 0));
      const text = `a prerendered page counts more than one that loads: ${twice.join(', ')}`;
      return bad('prerender', text, 'track once: either when the page loads or on prerenderingchange, not on both');
    }
    if (!Object.keys(onLoad).length)
      return note('prerender', 'nothing is sent before the page is shown, and nothing on load');
    return good('prerender', 'nothing is sent before the page is shown, and everything once after');
  } finally {
    await visit.close();
  }
}

/** Opens the page with Global Privacy Control. */
export async function checkGpc(browser: Browser, url: string, tags: readonly Tag[]): Promise<Finding> {
  const visit = await openVisit(browser, url, signalGpc);
  try {
    const [tag] = tags;
    const respects = tags.some(({ data }) => data.respectGpc !== undefined && data.respectGpc !== 'false');
    await flush(visit);
    if (respects && tag) await trackOwn(visit.page, tag.global);
    await visit.network.settled();
    const sent = visit.network.posts.length;
    if (respects && !sent) return good('gpc', 'respected: nothing is sent');
    const mend = 'put data-respect-gpc on each tag (respectGpc: true in an app)';
    if (respects) return bad('gpc', 'one tag respects Global Privacy Control, and events are sent all the same', mend);
    if (sent && (await declaresGpc(url))) {
      return bad('gpc', 'the site declares in /.well-known/gpc.json that it respects it, and events are sent', mend);
    }
    return note('gpc', 'not respected: respectGpc is off');
  } finally {
    await visit.close();
  }
}

/** @see https://w3c.github.io/gpc/#gpc-support-resource */
async function declaresGpc(url: string): Promise<boolean> {
  const answer = await fetch(new URL('/.well-known/gpc.json', url), { signal: AbortSignal.timeout(10_000) }).catch(
    () => undefined,
  );
  if (!answer?.ok) return false;
  const support = await answer.json().catch(() => undefined);
  return support?.gpc === true;
}
