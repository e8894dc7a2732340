import { backoff } from './backoff.ts';
import { type Item, utf8 } from './event.ts';
import { withLock } from './lock.ts';
import type { createQueue, Report } from './queue.ts';
import { createSender } from './sender.ts';

/** Per-event errors that no retry can mend, as Keen's collector spells them. */
const FINAL = /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/;

/** Milliseconds before an event that the collector could not take, while it took its neighbours, is sent again. */
const LATER = 60_000;

/** When to send, and what to do with the answer: one drainer per origin at a time, backoff, pause, bisection. */
export function createDrain(
  name: string,
  url: string,
  maxBatch: number,
  [memory, , , peek, remove]: ReturnType<typeof createQueue>,
  authorization: () => string,
  allowed: () => boolean,
  report: Report,
  onDelivered: () => void,
) {
  const [post, free] = createSender(url, authorization);
  let failures = 0;
  /** On the clock that nobody sets. */
  let notBefore = 0;
  /** The Authorization that was refused. */
  let refused: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let release: (() => void) | undefined;

  const waiting = () => notBefore - performance.now();
  const open = () => allowed() && refused !== authorization() && waiting() <= 0;

  /** One request and what follows from its answer; nothing when sending has to stop. */
  const deliver = async (items: Item[], size = maxBatch): Promise<unknown> => {
    // In halves, or batch by batch.
    if (items[size]) return (await deliver(items.splice(0, size))) && deliver(items, size);
    if (!items[0]) return true;
    if (!open()) return;
    const used = authorization();
    const lists: Record<string, string[]> = Object.create(null);
    for (const [id, collection, json] of items) {
      // Nobody else in this page sends it meanwhile.
      memory.delete(id);
      (lists[collection] ??= []).push(json);
    }
    const [status, answer, retryAfter] = await post(
      `{${Object.entries(lists).map(([collection, events]) => `${JSON.stringify(collection)}:[${events}]`)}}`,
      failures,
    );
    if (allowed()) for (const item of items) memory.set(item[0], item);

    const bad = status === 400 || status === 413;
    if (bad && items[1]) return deliver(items, items.length >> 1);
    const settled = items.filter(([, collection]) => {
      // In the order of the request, collection by collection.
      const result = answer?.[collection]?.shift?.();
      const error = bad ? answer?.error_code : result?.error?.name;
      if (status === 201 || result?.success === true) onDelivered();
      // A 400 in other words than Keen's may be some proxy's, and about anything.
      else if (bad ? error || status > 400 : FINAL.test(error)) report('rejected', 1, { collection, status, error });
      else return;
      return true;
    });
    await remove(settled);
    if (settled[0]) {
      failures = 0;
      // Neither taken nor refused: again, when there is time.
      if (items[settled.length]) schedule(LATER);
      return true;
    }
    if (status > 400 && status < 405) {
      refused = used;
      report('paused', 0, { status });
    } else {
      notBefore = performance.now() + backoff(++failures, retryAfter);
      schedule(0);
    }
  };

  /** This page's own first, then from the oldest stored event to the newest, once. */
  const pass = async () => {
    let items = [...memory.values()];
    let after = '';
    while (await deliver(items)) {
      // What no tracker wrote stays until it is evicted.
      items = (await peek(after, maxBatch)).filter((item) => item?.[2]);
      if (!items[0]) return;
      after = items.at(-1)![0];
      items = items.filter(([id]) => !memory.has(id));
    }
  };

  /** Drains until nothing is left that may be sent. */
  const drain = (wait?: boolean) =>
    (running = running.then(async () => {
      // Released early when the page goes: held, the lock would keep it out of the back/forward cache.
      const job = () => Promise.race([pass(), new Promise<void>((done) => (release = done))]);
      if (open() ? await withLock(name, job, wait) : waiting() > 0) schedule(1000);
    }));

  /** Makes sure that a drain begins within `ms`, or when the wait is over. */
  const schedule = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      drain();
    }, Math.max(ms, waiting()));
  };

  return [
    schedule,
    drain,

    /** hide: the page may be gone in a moment; what is in memory goes out in one request that outlives it, without awaiting anything. */
    (leaving?: boolean) => {
      let left = free() - 2;
      deliver(
        [...memory.values()].slice(0, maxBatch).filter((item) => {
          // Its id and commas take more than the quotes and brackets around its collection do in the request.
          const size = utf8(item + '').length;
          return size < left && (left -= size);
        }),
      );
      if (leaving) release?.();
    },

    /** resume: something makes a failed attempt worth repeating. */
    () => {
      failures = notBefore = 0;
      drain();
    },
  ] as const;
}
