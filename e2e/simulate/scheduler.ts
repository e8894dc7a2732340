/** Something that runs at its time. */
export interface Task {
  time: number;
  order: number;
  /** undefined: cancelled. */
  run: (() => void) | undefined;
}

/** Resolves when all microtasks have run. */
const microtasks = () => new Promise<void>((done) => setImmediate(done));

/**
 * The only part that makes time pass. Tasks run one by one, ordered by time and then by when they were scheduled. After
 * each task all microtasks run, as in a browser. A task that takes time delays the tasks behind it.
 */
export interface Scheduler {
  /** Milliseconds since the run began. */
  now(): number;
  /** When the current task began. */
  began(): number;
  /** How many tasks have run. */
  steps(): number;
  after(ms: number, run: () => void): Task;
  /** The current task takes this long. */
  pass(ms: number): void;
  /** Runs the tasks until `time` or until `limit` steps; `each` runs after every step and returns whether to go on. */
  runUntil(time: number, limit: number, each: (thrown?: unknown) => boolean): Promise<void>;
}

export function createScheduler(): Scheduler {
  const heap: Task[] = [];
  let now = 0;
  let began = 0;
  let order = 0;
  let steps = 0;

  const before = (a: Task, b: Task) => a.time < b.time || (a.time === b.time && a.order < b.order);

  const push = (task: Task) => {
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(task, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = task;
  };

  const pop = (): Task => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (!before(heap[child]!, last)) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = last;
    }
    return top;
  };

  return {
    now: () => now,
    began: () => began,
    steps: () => steps,

    after(ms, run) {
      const task = { time: now + Math.max(0, ms), order: order++, run };
      push(task);
      return task;
    },

    pass(ms) {
      now += ms;
    },

    async runUntil(time, limit, each) {
      while (heap.length && heap[0]!.time <= time && steps < limit) {
        const task = pop();
        if (!task.run) continue;
        now = began = Math.max(now, task.time);
        steps++;
        let thrown: unknown;
        try {
          task.run();
        } catch (error) {
          thrown = error ?? 'nothing';
        }
        await microtasks();
        if (!each(thrown)) return;
      }
      if (now < time) now = time;
    },
  };
}
