/** What one caller handed in and waits for. */
interface Request<Item, Result> {
  items: Item[];
  resolve(results: Result[]): void;
  reject(error: unknown): void;
}

export interface GroupCommit<Item, Result> {
  /** Resolves with one result per item once the transaction that holds them all is on disk. */
  add(items: Item[]): Promise<Result[]>;
  /** Items that wait for a transaction. */
  waiting(): number;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

/**
 * One transaction at a time; whatever arrives while one runs shares the next. The disk is then asked to sync
 * once per group and not once per request, and a lone request does not wait for others to come.
 *
 * If a group fails, each of its requests is tried by itself, so that one that the database cannot take does
 * not fail its neighbours, time and again.
 *
 * @param commit stores items in one transaction: all or none
 * @param maxItems a group takes no further request once it has this many
 */
export function groupCommit<Item, Result>(
  commit: (items: Item[]) => Promise<Result[]>,
  maxItems: number,
): GroupCommit<Item, Result> {
  const queue: Request<Item, Result>[] = [];
  let count = 0;
  let running: Promise<void> | undefined;

  function takeGroup(): Request<Item, Result>[] {
    const group = [];
    for (let items = 0; queue.length && items < maxItems; ) {
      const request = queue.shift()!;
      group.push(request);
      items += request.items.length;
    }
    count -= group.reduce((sum, request) => sum + request.items.length, 0);
    return group;
  }

  async function commitGroup(group: Request<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(group.flatMap((request) => request.items));
      let start = 0;
      for (const { items, resolve } of group) resolve(results.slice(start, (start += items.length)));
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error);
      else for (const request of group) await commitGroup([request]);
    }
  }

  async function drain(): Promise<void> {
    while (queue.length) await commitGroup(takeGroup());
    running = undefined;
  }

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        queue.push({ items, resolve, reject });
        count += items.length;
        running ??= drain();
      }),
    waiting: () => count,
    idle: async () => {
      while (running) await running;
    },
  };
}
