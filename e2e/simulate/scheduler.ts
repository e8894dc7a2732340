/** Something that happens at its time. Changed to nothing when it is cancelled. */
export interface Task {
  time: number;
  order: number;
  run: (() => void) | undefined;
}

/** All promises that can go on have gone on when this resolves. */
const microtasks = () => new Promise<void>((done) => setImmediate(done));

/**
 * The only thing that makes time pass. Tasks run one by one, in order of time and then of when they were asked for; after each all
 * microtasks run, as in a browser. What a task takes is late for those behind it.
 */
export function createScheduler() {
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
    /** When the task that runs began. */
    began: () => began,
    steps: () => steps,

    after(ms: number, run: () => void): Task {
      const task = { time: now + Math.max(0, ms), order: order++, run };
      push(task);
      return task;
    },

    /** The task that runs takes that long. */
    pass(ms: number) {
      now += ms;
    },

    /** Runs what is due until then, or until `steps` reaches the limit; `each` runs after every step and says whether to go on. */
    async runUntil(time: number, limit: number, each: (thrown?: unknown) => boolean): Promise<void> {
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

export type Scheduler = ReturnType<typeof createScheduler>;
