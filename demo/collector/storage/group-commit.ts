/** The items of one caller. */
interface Request<Item> {
  items: Item[];
  weight: number;
  resolve(): void;
  reject(error: unknown): void;
}

export interface GroupCommit<Item> {
  /** Resolves once the transaction of these items is on disk. Rejects with the error of the commit. */
  add(items: Item[]): Promise<void>;
  /** The total weight of the items that wait for a transaction. */
  waitingWeight(): number;
  /** Resolves when no request waits and no transaction runs. */
  idle(): Promise<void>;
}

/** After so many failed requests of a group, the cause cannot be a single request, so the rest is not tried. */
const MAX_FAILED_REQUESTS = 3;

/**
 * Runs one transaction at a time. All requests that arrive meanwhile share the next one, in order of arrival. The disk
 * then syncs once per group and not once per request, and a single request does not wait for others.
 *
 * If a group fails, each of its requests gets a transaction of its own. A request that the database rejects then does
 * not fail the others again and again.
 *
 * @param commit stores items in one transaction: all or none
 * @param weigh returns the weight of an item
 * @param maxWeight at this weight a group takes no further request, so that the first of a long queue is not delayed by
 * all
 */
export function createGroupCommit<Item>(
  commit: (items: Item[]) => Promise<void>,
  weigh: (item: Item) => number,
  maxWeight: number,
): GroupCommit<Item> {
  const queue: Request<Item>[] = [];
  let waitingWeight = 0;
  let running: Promise<void> | undefined;

  function takeGroup(): Request<Item>[] {
    const group = [];
    for (let weight = 0; queue.length && weight < maxWeight; ) {
      const request = queue.shift()!;
      group.push(request);
      weight += request.weight;
      waitingWeight -= request.weight;
    }
    return group;
  }

  async function commitGroup(group: Request<Item>[]): Promise<void> {
    try {
      await commit(group.flatMap((request) => request.items));
      for (const { resolve } of group) resolve();
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error);
      else await commitEach(group);
    }
  }

  async function commitEach(group: Request<Item>[]): Promise<void> {
    let failed = 0;
    for (const { items, resolve, reject } of group) {
      try {
        if (failed === MAX_FAILED_REQUESTS) throw new Error('several other requests of the same group failed');
        await commit(items);
        resolve();
      } catch (error) {
        if (failed < MAX_FAILED_REQUESTS) failed++;
        reject(error);
      }
    }
  }

  async function drainQueue(): Promise<void> {
    while (queue.length) await commitGroup(takeGroup());
    running = undefined;
  }

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        const weight = items.reduce((sum, item) => sum + weigh(item), 0);
        queue.push({ items, weight, resolve, reject });
        waitingWeight += weight;
        running ??= drainQueue();
      }),
    waitingWeight: () => waitingWeight,
    async idle() {
      while (running) await running;
    },
  };
}
