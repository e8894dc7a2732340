/** Work holds the thread for this long before it gives way to other requests. */
const TURN_MS = 5;

const waiting: (() => void)[] = [];

/** A piece of long work that shares the only thread. */
export interface Turn {
  /**
   * After five milliseconds of work, returns a promise of the next turn; `undefined` before. Most callers have nothing
   * to wait for, and an `await` for each event would cost more than its check.
   */
  giveWay(): Promise<void> | undefined;
}

/** Starts measuring a piece of work. */
export function createTurn(): Turn {
  let startedAt = performance.now();
  const next = async () => {
    await nextTurn();
    startedAt = performance.now();
  };
  return { giveWay: () => (performance.now() - startedAt < TURN_MS ? undefined : next()) };
}

/** Like `items.map`, in turns. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const turn = createTurn();
  const results: Result[] = [];
  for (let index = 0; index < items.length; index++) {
    results.push(map(items[index]!, index));
    const next = turn.giveWay();
    if (next) await next;
  }
  return results;
}

/**
 * Resolves in a later pass of the event loop, in order of the calls. Each pass resumes one caller, so that many large
 * requests together delay a small one as little as one of them.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeOne);
  });
}

function resumeOne(): void {
  waiting.shift()!();
  if (waiting.length) setImmediate(resumeOne);
}
