import { bad, type Finding, good, note } from './finding.ts';
import type { Post } from './network.ts';
import { flush, type OwnEvent, ownEvents, type Tag, trackOwn, type Visit } from './visit.ts';

export interface LiveOptions {
  /** Selector of what to click once the page has loaded, so that it tracks. */
  click: string | undefined;
  /** Whether the doctor may track an event of its own. */
  tracksOwn: boolean;
}

export interface Live {
  findings: Finding[];
  /** What the page tracks when it loads, by collection. */
  onLoad: Record<string, number>;
}

/** What the tracker of a page does: it waits for consent, and then brings an event to the collector. */
export async function checkLive(visit: Visit, tag: Tag | undefined, { click, tracksOwn }: LiveOptions): Promise<Live> {
  const findings: Finding[] = [];
  const isPending = tag?.data.consent === 'pending';
  await flush(visit);
  if (isPending) findings.push(await checkPending(visit, tag));
  else if (tag) findings.push(note('consent', tag.data.consent === 'denied' ? 'denied' : 'granted from the start'));
  else
    findings.push(
      note('consent', `of an import it is not visible; ${count(visit.network.posts.length, 'request')} on load`),
    );
  const onLoad = ownEvents(visit.network);

  if (click !== undefined) {
    await visit.page.click(click);
    await flush(visit);
  }
  if (tag?.data.enabled === 'false') {
    return { findings: [...findings, note('round-trip', 'the tracker is off (data-enabled="false")')], onLoad };
  }
  const own = tag && tracksOwn && tag.data.consent !== 'denied' ? await trackOwn(visit.page, tag.global) : undefined;
  await visit.network.settled();
  findings.push(checkRoundTrip(visit, own, tag));
  findings.push(...checkPreflight(visit));
  return { findings, onLoad };
}

const count = (number: number, one: string) => `${number || 'no'} ${one}${number === 1 ? '' : 's'}`;

/** Nothing is sent and nothing stored before the visitor has chosen; then the doctor chooses. */
async function checkPending({ page, network }: Visit, { global }: Tag): Promise<Finding> {
  const { outcome } = await trackOwn(page, global);
  await network.settled();
  const stored = await page.evaluate(async () => {
    const databases = (await indexedDB.databases?.()) ?? [];
    return [...databases.map(({ name }) => name), ...Object.keys(sessionStorage)].filter((name) =>
      /^mailslot:.+[^:]$/.test(name ?? ''),
    ).length;
  });
  const requests = network.posts.length;
  await page.evaluate((name) => (globalThis as any)[name].setConsent('granted'), global);
  const mend = 'call setConsent(’granted’) when the visitor has agreed, and not before';
  if (requests)
    return bad('consent', `pending, and ${count(requests, 'request')} left before anybody has chosen`, mend);
  if (stored || outcome === 'stored')
    return bad('consent', 'pending, and events are stored before anybody has chosen', mend);
  return good('consent', 'pending, and nothing is stored or sent');
}

function checkRoundTrip(
  { network: { posts }, messages }: Visit,
  own: OwnEvent | undefined,
  tag: Tag | undefined,
): Finding {
  const last = posts.at(-1);
  if (!own) {
    const acknowledged = posts.reduce((sum, post) => sum + (post.acknowledged ?? 0), 0);
    if (acknowledged) return good('round-trip', `${count(acknowledged, 'event')} acknowledged`);
    if (last) return failedTrip(last);
    return note('round-trip', `the page has tracked nothing${tag ? '' : '; pass --click with a selector that tracks'}`);
  }
  const { outcome, flushed } = own;
  if (outcome === 'dropped') {
    const said = messages.find((message) => message.startsWith('mailslot:')) ?? 'a hook, or consent that is denied';
    return bad('round-trip', `an event was dropped: ${said}`, 'see why, with mailslot/debug');
  }
  if (flushed.kept && last?.status !== 200) return failedTrip(last);
  if (last?.error) return bad('round-trip', `the collector refuses events: ${last.error}`, 'see its log');
  if (outcome !== 'stored') {
    return bad(
      'round-trip',
      'an event was held in memory, because IndexedDB refuses',
      'serve the page from an origin of its own, and not from a sandbox; look for a full disk',
    );
  }
  return good('round-trip', `an event was stored on disk, and acknowledged with ${last?.status}`);
}

function failedTrip(last: Post | undefined): Finding {
  if (!last)
    return bad('round-trip', 'an event waits, and nothing was sent', 'see the console for what stops the request');
  const { status, error, project } = last;
  const said = `${status}${error ? ` ${error}` : ''}`;
  if (!status) {
    return bad(
      'round-trip',
      `no answer from ${new URL(project).origin}`,
      'is it running, is data-endpoint right, may this page connect (connect-src), and does it send CORS headers?',
    );
  }
  if (status === 401 || status === 403)
    return bad('round-trip', `the collector refuses the key: ${said}`, 'use the Write key of this project');
  if (status === 404)
    return bad(
      'round-trip',
      `the collector does not know the project: ${said}`,
      'check the project’s id and the endpoint',
    );
  return bad('round-trip', `the collector answers ${said}, and events wait`, 'see the collector’s log');
}

/** A preflight that is not cached doubles the requests; headers of other tools make it fail at a strict collector. */
function checkPreflight({ page, network: { posts, preflights } }: Visit): Finding[] {
  const [post] = posts;
  if (!post) return [];
  if (new URL(post.project).origin === new URL(page.url()).origin) {
    return [good('preflight', 'none, because the collector has the page’s own origin')];
  }
  const findings: Finding[] = [];
  const foreign = [...new Set(preflights.flatMap(({ asked }) => asked))].filter(
    (name) => name !== 'authorization' && name !== 'content-type',
  );
  if (foreign.length) {
    const mend = 'take the collector out of the other tool’s tracing (its list of hosts that get its headers)';
    findings.push(bad('headers', `another script adds ${foreign.join(', ')} to mailslot’s requests`, mend));
  } else findings.push(good('headers', 'no other script adds any to mailslot’s requests'));
  const failed = preflights.find(({ status }) => status !== undefined && (status < 200 || status > 299));
  const [first] = preflights;
  if (failed) {
    findings.push(
      bad('preflight', `refused with ${failed.status}`, 'allow this origin, POST, and Authorization and Content-Type'),
    );
  } else if (first?.status === undefined) findings.push(note('preflight', first ? 'no answer' : 'not seen'));
  else if (first.maxAge === undefined || first.maxAge < 60) {
    const text = first.maxAge === undefined ? 'cached for five seconds only' : `cached for ${first.maxAge} s only`;
    findings.push(bad('preflight', text, 'answer preflights with Access-Control-Max-Age: 7200'));
  } else findings.push(good('preflight', `cached for ${first.maxAge} s`));
  return findings;
}

/** Seconds of difference that a slow page cannot explain. */
const PAGE_OFFSET = 10;
const COLLECTOR_OFFSET = 60;

/**
 * Compares three clocks.
 *
 * @param pageOffset seconds by which the page's `Date` differs from this machine's
 */
export function checkClock({ network: { posts } }: Visit, pageOffset: number): Finding {
  if (Math.abs(pageOffset) > PAGE_OFFSET) {
    const text = `the page’s Date is ${Math.round(pageOffset)} s off, because a script has replaced it`;
    return bad('clock', text, 'find the script: events carry its time');
  }
  const offset = posts.find(({ clockOffset }) => clockOffset !== undefined)?.clockOffset;
  if (offset === undefined) return note('clock', 'the page’s is right; the collector has not told its own');
  if (Math.abs(offset) > COLLECTOR_OFFSET) {
    return bad('clock', `the collector’s clock is ${offset} s off this machine’s`, 'set both by NTP');
  }
  return good('clock', 'page, collector and this machine agree');
}

/** Whether the key can read. Only the collector can tell, if a key has no label. */
export async function checkReading(project: string, key: string): Promise<Finding> {
  const answer = await fetch(`${project}/queries/count?event_collection=mailslot_doctor`, {
    headers: { authorization: key },
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (answer?.ok) {
    return bad(
      'key',
      'the key of this page can read the project’s events',
      'use a Write key, and replace this one: it was public',
    );
  }
  return good('key', 'no key that can read or manage, and the page’s own cannot read');
}
