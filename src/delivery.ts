import { backoff } from './backoff.ts';
import { type Item, utf8 } from './event.ts';
import { withLock } from './lock.ts';
import type { createQueue, Report } from './outbox.ts';
import { type Answer, createSender } from './transport.ts';

/** Per-event errors that no retry can mend, as Keen's collector spells them. */
const FINAL = /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/;

/** Milliseconds before an event that the collector could not take, while it took its neighbours, is sent again. */
const LATER = 60_000;

/** Characters of several events in one request: to join, encode and hand over a million takes up to 80 ms of a page's thread. */
const LARGEST = 250_000;

/** When to send, and what to do with the answer: one drainer per origin at a time, backoff, pause, bisection. */
export function createDrain(
  name: string,
  url: string,
  maxBatch: number,
  [memory, , , peek, alive, remove]: ReturnType<typeof createQueue>,
  authorization: () => string,
  allowed: () => boolean,
  report: Report,
  onDelivered: () => void,
) {
  const [post, free] = createSender(url, authorization);
  let failures = 0;
  /** On the clock that nobody sets. */
  let notBefore = 0;
  /** The wait is the collector's own wish, so the network's return does not end it. */
  let asked: unknown;
  /** The Authorization that was refused. */
  let refused: string | undefined;
  /** In a request that has not been answered. */
  const flying = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = Infinity;
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let release: (() => void) | undefined;

  const waiting = () => notBefore - performance.now();
  const open = () => !stopped && allowed() && refused !== authorization();

  /**
   * One request and what follows from its answer; nothing when sending has to stop, 0 when it stops at one event that was refused.
   *
   * Some browsers refuse keepalive where a preflight is needed, so the first failure is tried `again` without it at once, and
   * later ones take turns.
   */
  const deliver = async (items: Item[], size = maxBatch, again?: boolean): Promise<unknown> => {
    items = alive(items.filter(([id]) => !flying.has(id)));
    if (!open() || waiting() > 0) return;
    // In halves, or batch by batch.
    if (items[size]) return (await deliver(items.splice(0, size))) && deliver(items, size);
    if (!items[0]) return true;
    const used = authorization();
    const lists: Record<string, string[]> = Object.create(null);
    let length = 0;
    const places = items.map(([id, collection, json]) => {
      flying.add(id);
      length += json.length;
      return (lists[collection] ??= []).push(json) - 1;
    });
    const [status, answer, retryAfter]: Answer =
      // As if the collector had found it too large: in halves.
      length > LARGEST && items[1]
        ? [413]
        : await post(
            `{${Object.entries(lists).map(([collection, events]) => `${JSON.stringify(collection)}:[${events}]`)}}`,
            !again && failures % 2 < 1,
          );
    for (const [id] of items) flying.delete(id);
    if (status < 0 && !failures) return deliver(items, size, true);

    const bad = status === 400 || status === 413;
    if (bad && items[1]) return deliver(items, items.length >> 1);
    const settled = items.filter(([, collection], index) => {
      // In the order of the request, collection by collection; looked up, because what only seems to be a list must not throw.
      const result = answer?.[collection]?.[places[index]!];
      const error = bad ? answer?.error_code : result?.error?.name;
      if (status === 201 || result?.success === true) onDelivered();
      // A 400 in other words than Keen's may be some proxy's, and about anything.
      else if (bad ? error || status > 400 : typeof error === 'string' && FINAL.test(error)) report('rejected', 1, { collection, status, error });
      else return;
      return true;
    });
    if (settled[0]) {
      failures = 0;
      asked = false;
      await remove(settled);
      // Neither taken nor refused: again, when there is time.
      if (items[settled.length]) schedule(LATER);
      return true;
    }
    if (status > 400 && status < 405) {
      // Unless there is another key already, which may have been refused itself.
      if (used === authorization()) {
        refused = used;
        report('paused', 0, { status });
      } else schedule(0);
    } else {
      // Alone and refused by what may not even be the collector: its neighbours come first from now on.
      if (bad && memory.delete(items[0]![0])) memory.set(items[0]![0], items[0]!);
      asked ||= retryAfter;
      notBefore = Math.max(notBefore, performance.now() + backoff(++failures, retryAfter));
      schedule(0);
      if (bad) return 0;
    }
  };

  /** What is in memory first, then from the oldest stored event to the newest, once. */
  const pass = async () => {
    let items = [...memory.values()];
    let next: string | undefined = '';
    let went: unknown;
    while ((went = await deliver(items))) {
      [items, next] = await peek(next!, maxBatch);
      if (!next) return;
    }
    // It stays in the store: this page must not send it again when another tab has done so. Where one was refused, memory keeps the new order.
    if (next && went !== 0) for (const [id] of items) memory.delete(id);
  };

  /** Drains until nothing is left that may be sent. */
  const drain = (wait?: boolean) =>
    (running = running.then(async () => {
      // Released early when the page goes: held, the lock would keep it out of the back/forward cache.
      const job = () => Promise.race([pass(), new Promise<void>((done) => (release = done))]);
      if (!open()) return;
      // One look at the clock decides: a timer may come a moment early, and by a second look that moment may have passed.
      if (waiting() > 0) schedule(0);
      else if (await withLock(name, job, wait)) schedule(1000);
    }));

  /** Makes sure that a drain begins within `ms`, or when the wait is over. */
  const schedule = (ms: number) => {
    ms = Math.max(ms, waiting());
    const at = performance.now() + ms;
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(() => {
      due = Infinity;
      drain();
    }, ms);
  };

  return [
    schedule,
    drain,

    /** hide: the page may be gone in a moment; what is in memory goes out in one request that outlives it, without awaiting anything. */
    (leaving?: boolean) => {
      let left = free() - 2;
      let most = maxBatch;
      const items: Item[] = [];
      // Not by lists of all that there is, of which a page that goes may have a hundred thousand.
      for (const item of memory.values()) {
        if (flying.has(item[0])) continue;
        if (!most--) break;
        // Its id and commas take more than the quotes and brackets around its collection do in the request.
        const size = utf8(item + '').length;
        if (size < left) {
          left -= size;
          items.push(item);
        }
      }
      deliver(items);
      if (leaving) release?.();
    },

    /** resume: a failed attempt is worth repeating; the network is back, or there is another key. */
    (newKey?: boolean) => {
      // Also when it is the old one again: a bill may have been paid, a project made.
      if (newKey) asked = refused = undefined;
      if (!asked) failures = notBefore = 0;
      drain();
    },

    /** stop: nothing is sent any more. */
    () => {
      stopped = true;
      clearTimeout(timer);
    },
  ] as const;
}
