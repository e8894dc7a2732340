import type { Browser } from 'playwright';
import { CHECKS, type Finding } from './finding.ts';
import { checkClock, checkLive, checkReading, type LiveOptions } from './live-checks.ts';
import {
  checkFound,
  checkIntegrity,
  checkKeys,
  checkOptions,
  checkPolicy,
  checkStarted,
  checkTrustedTypes,
  type Loaded,
} from './static-checks.ts';
import { openVisit, type Visit } from './visit.ts';
import { checkBfcache, checkGpc, checkPrerender } from './visits.ts';

/**
 * Examines a page in a browser, as a new visitor each time.
 *
 * @returns the findings, in the order of `CHECKS`
 * @throws CommandError if the page does not load
 */
export async function examine(browser: Browser, url: string, options: LiveOptions): Promise<Finding[]> {
  const visit = await openVisit(browser, url);
  try {
    const { loaded, pageOffset } = await look(visit);
    const findings = await examineLoaded(loaded);
    const { tags } = loaded.state;
    const [tag] = tags;
    const isRunning = tag ? tag.isStarted : findings.every(({ check, state }) => check !== 'found' || state !== 'bad');
    if (isRunning) {
      const live = await checkLive(visit, tag, options);
      findings.push(...live.findings, checkClock(visit, pageOffset), ...(await examineKey(visit, findings)));
      // Only an event shows whether the policy lets it out.
      findings.push(...checkPolicy({ ...loaded, state: await visit.state() }));
      findings.push(await checkBfcache(visit));
      findings.push(await checkPrerender(browser, url, tag, live.onLoad));
      findings.push(await checkGpc(browser, url, tags));
    } else findings.push(...checkPolicy(loaded));
    return findings.sort((one, other) => CHECKS.indexOf(one.check) - CHECKS.indexOf(other.check));
  } finally {
    await visit.close();
  }
}

async function look(visit: Visit): Promise<{ loaded: Loaded; pageOffset: number }> {
  const before = Date.now();
  const state = await visit.state();
  const after = Date.now();
  // The page has read its clock somewhere in between.
  const pageOffset = state.now < before ? state.now - before : Math.max(0, state.now - after);
  const { network, messages, policies, page } = visit;
  return { loaded: { url: page.url(), state, network, messages, policies }, pageOffset: pageOffset / 1000 };
}

async function examineLoaded(loaded: Loaded): Promise<Finding[]> {
  const findings = [
    checkFound(loaded),
    checkStarted(loaded),
    ...checkKeys(loaded),
    ...(await checkIntegrity(loaded)),
    checkTrustedTypes(loaded),
    checkOptions(loaded),
  ];
  return findings.filter((finding) => finding !== undefined);
}

/** The collector's word on the key, unless its text has said enough. */
async function examineKey({ network }: Visit, findings: readonly Finding[]): Promise<Finding[]> {
  const [post] = network.posts;
  const key = network.key();
  if (!post || !key || findings.some(({ check }) => check === 'key')) return [];
  return [await checkReading(post.project, key)];
}
