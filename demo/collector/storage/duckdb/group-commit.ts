/** What one caller handed in and waits for. */
interface Request<Item, Result> {
  items: Item[];
  weight: number;
  resolve(results: Result[]): void;
  reject(error: unknown): void;
}

export interface GroupCommit<Item, Result> {
  /** Resolves with one result per item once the transaction that holds them all is on disk. */
  add(items: Item[]): Promise<Result[]>;
  /** What all items together weigh that wait for a transaction. */
  waiting(): number;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

/** Requests of one group that may fail alone; after these it is not the requests, and the others are not tried. */
const HOPELESS = 3;

/**
 * One transaction at a time; whatever arrives while one runs shares the next, first come, first served. The disk is then asked
 * to sync once per group and not once per request, and a lone request does not wait for others to come.
 *
 * If a group fails, each of its requests is tried by itself, so that one that the database cannot take does
 * not fail its neighbours, time and again.
 *
 * @param commit stores items in one transaction: all or none
 * @param weigh what an item weighs
 * @param maxWeight a group takes no further request once it weighs as much, so that the first request of a long queue need not wait for all of it
 */
export function groupCommit<Item, Result>(
  commit: (items: Item[]) => Promise<Result[]>,
  weigh: (item: Item) => number,
  maxWeight: number,
): GroupCommit<Item, Result> {
  const queue: Request<Item, Result>[] = [];
  let waiting = 0;
  let running: Promise<void> | undefined;

  function takeGroup(): Request<Item, Result>[] {
    const group = [];
    for (let weight = 0; queue.length && weight < maxWeight; ) {
      const request = queue.shift()!;
      group.push(request);
      weight += request.weight;
      waiting -= request.weight;
    }
    return group;
  }

  async function commitGroup(group: Request<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(group.flatMap((request) => request.items));
      let start = 0;
      for (const { items, resolve } of group) resolve(results.slice(start, (start += items.length)));
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error);
      else await commitEach(group);
    }
  }

  async function commitEach(group: Request<Item, Result>[]): Promise<void> {
    let failures = 0;
    for (const { items, resolve, reject } of group) {
      try {
        if (failures === HOPELESS) throw new Error('the requests before it in its group failed, one by one');
        resolve(await commit(items));
      } catch (error) {
        if (failures < HOPELESS) failures++;
        reject(error);
      }
    }
  }

  async function drain(): Promise<void> {
    while (queue.length) await commitGroup(takeGroup());
    running = undefined;
  }

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        const weight = items.reduce((sum, item) => sum + weigh(item), 0);
        queue.push({ items, weight, resolve, reject });
        waiting += weight;
        running ??= drain();
      }),
    waiting: () => waiting,
    idle: async () => {
      while (running) await running;
    },
  };
}
