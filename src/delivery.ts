import { encode, isRefused, judge, type Verdict } from './batch.ts';
import type { Entry } from './event.ts';
import { withLock } from './lock.ts';
import type { Settings } from './options.ts';
import type { Outbox, Report } from './outbox.ts';
import { createRetryGate } from './retry.ts';
import { type Answer, keepaliveRoom, post } from './transport.ts';
import type { Outcome } from './types.ts';

/**
 * Sends entries from the outbox to the collector: one tab of the origin at a time, and only while the retry gate is
 * open.
 */
export interface Delivery {
  /** Starts a drain within `ms`, or as soon as the retry gate opens if `ms` is missing. */
  _schedule(ms?: number): void;
  /**
   * Sends everything that may be sent. Never rejects.
   *
   * @param hurry ends a backoff, at most once a second; and if another tab is sending, waits for that tab
   */
  _drain(hurry?: boolean): Promise<unknown>;
  /**
   * Sends one request that outlives the page, because the page can end at any moment; `isLeaving` also clears the
   * timer and releases the lock.
   */
  _leave(isLeaving?: boolean): void;
  /** Tries again after a failure, because the network is back or there is a new key. */
  _resume(hasNewKey?: boolean): void;
}

/**
 * What `mailslot/debug` passes to `use()` besides hooks: it sees each step, and changes none. It is no part of the API,
 * and must not throw.
 */
export interface Watcher {
  /** An entry was taken; it will be stored or held. */
  onTaken?: (entries: Entry[], outcome: Promise<Outcome>) => void;
  /** A request has left with these entries. */
  onSent?: (entries: Entry[], answer: Promise<Answer>) => void;
}

/** Tells the watchers of one step. */
export type Trace = <Step extends keyof Watcher>(step: Step, ...details: Parameters<Required<Watcher>[Step]>) => void;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createDelivery(
  name: string,
  settings: Settings,
  outbox: Outbox,
  isAllowed: () => boolean,
  report: Report,
  onDelivered: () => void,
  trace: Trace,
): Delivery {
  /** Delay before the next attempt if another tab holds the lock. */
  const LOCKED_MS = 1_000;
  const { maxBatch } = settings;
  const retry = createRetryGate();
  /** The collector refused the key. */
  let paused = false;
  /**
   * Characters of several events in one request. A million takes up to 80 ms of the page's main thread, and three
   * events of 100 kB do not go together. After a 413, half of what the collector found too large.
   */
  let maxChars = 290_000;
  /** How many of the next entries were in a batch with a malformed event; halved until that event is alone. */
  let suspects = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let draining: Promise<unknown> = Promise.resolve();
  /** Resolves when the queue is drained, also if the lock has been released before. */
  let drained: Promise<void> | undefined;
  let releaseLock: (() => void) | undefined;

  const canSend = () => isAllowed() && !paused;
  const maySend = () => canSend() && retry._wait() <= 0;

  /** Counts a delivered entry, or reports a rejected one. Returns the verdict, which only settled entries have. */
  const applyVerdict = (verdict: Verdict) => {
    if (verdict === 'delivered') onDelivered();
    else if (verdict) report('rejected', 1, verdict);
    return verdict;
  };

  /** Sends one batch and applies the answer. */
  const sendBatch = async (batch: Entry[]) => {
    if (!batch[0]) return;
    const { writeKey } = settings;
    const { _text: text, _indexes: indexes } = encode(batch);
    // mutant: request
    const sent = post(settings, text);
    trace('onSent', batch, sent);
    const answer = await sent;
    const status = answer.status;
    const refused = isRefused(status);
    // A refused single event goes last: if a proxy refused it, it stays, and must not hold up the others.
    outbox._release(batch, refused && !batch[1]);

    // Again at once: without keepalive after a network error, or in smaller batches after a refusal.
    // mutant: smaller batches
    if (status ? refused && batch[1] : answer._keepalive) {
      if (status === 413) maxChars = text.length / 2;
      else if (status) suspects = batch.length;
      return schedule();
    }
    const settled: string[] = [];
    batch.forEach((entry, index) => applyVerdict(judge(entry, indexes[index]!, answer)) && settled.push(entry[0]));
    if (settled[0]) {
      suspects -= settled.length;
      retry._succeeded();
      await outbox._settle(settled);
    }
    if (!batch[settled.length]) return;
    // Also if the key was refused, because the site can set the next one at once, and each can be refused.
    retry._failed(answer._retryAfter, settled[0]);
    // A late answer says nothing about a key that has replaced the refused one.
    // mutant: refused key
    if (status > 400 && status < 405 && writeKey === settings.writeKey) {
      // mutant: pause
      paused = true;
      report('paused', 0, { status });
    }
    schedule();
  };

  /** Sends this page's own entries, and then the stored entries of other pages, oldest first. */
  const drainQueue = async () => {
    let cursor: string | undefined = '';
    // mutant: drain
    while (maySend()) {
      const batch = outbox._claim(suspects > 0 ? Math.ceil(suspects / 2) : maxBatch, maxChars);
      if (batch[0]) await sendBatch(batch);
      else if (!(cursor = await outbox._load(cursor, maxBatch))) break;
    }
    // mutant: unload
    outbox._unload();
  };

  // Releases the lock early if the page leaves: a held lock keeps a page out of the back/forward cache.
  // mutant: lock
  const job = () =>
    new Promise<void>((resolve, reject) => {
      releaseLock = resolve;
      drained = drainQueue().then(resolve, reject);
    });

  const drainOnce = (hurry?: boolean) => {
    if (!canSend()) return;
    // mutant: hurry
    if (hurry) retry._hurry();
    // Read the clock once: a timer can fire early, and a second reading could disagree.
    // mutant: early timer
    if (retry._wait() > 0) return schedule();
    // mutant: take the lock
    return withLock(name, hurry, job, () => schedule(LOCKED_MS));
  };

  const drain = (hurry?: boolean) => {
    timer = void globalThis.clearTimeout(timer);
    draining = draining
      .then(() => drainOnce(hurry))
      // The page has broken something that a drain needs, perhaps for a moment. The next one must still run.
      .catch(() => schedule(void retry._failed()));
    return draining.then(() => drained);
  };

  const schedule = (ms?: number) => {
    // `flushInterval` counts from the first event, so a running timer stays. A drain that is due replaces it.
    if (timer && ms! >= 0) return;
    globalThis.clearTimeout(timer);
    timer = globalThis.setTimeout(drain, Math.max(ms ?? 0, retry._wait()));
  };

  return {
    _schedule: schedule,
    _drain: drain,
    _leave(isLeaving) {
      // mutant: leave
      if (maySend()) sendBatch(outbox._claim(maxBatch, Math.min(keepaliveRoom, maxChars), true));
      if (!isLeaving) return;
      timer = void globalThis.clearTimeout(timer);
      // mutant: release the lock
      releaseLock?.();
    },
    _resume(hasNewKey) {
      // The same key counts as new: its project may exist by now, or its bill may be paid.
      paused &&= !hasNewKey;
      retry._open(hasNewKey);
      drain();
    },
  };
}
