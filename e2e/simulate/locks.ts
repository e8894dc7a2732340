import type { Page } from './page.ts';
import type { World } from './world.ts';

interface Waiting {
  page: Page;
  grant(): void;
}

/** Web Locks: one holder for each name in all pages of the origin. A page that dies releases its locks. */
export interface Locks {
  holder(): Page | undefined;
  /** Whether the page's job runs, which needs the lock. */
  running(page: Page): boolean;
  /** The page's `navigator.locks`. */
  forPage(page: Page): object;
  leave(page: Page): void;
  crash(): void;
}

export function createLocks(world: World): Locks {
  const held = new Map<string, Page>();
  const running = new Set<Page>();
  const queues = new Map<string, Waiting[]>();

  const next = (name: string) => {
    const queue = queues.get(name) ?? [];
    while (!held.has(name) && queue.length) {
      const { page, grant } = queue.shift()!;
      if (!page.alive) continue;
      held.set(name, page);
      world.trace(page, `has the lock`);
      page.task(world.random.between(0.01, 0.5), grant);
    }
  };

  const release = (name: string, page: Page) => {
    if (held.get(name) !== page) return;
    held.delete(name);
    running.delete(page);
    world.trace(page, `releases the lock`);
    next(name);
  };

  return {
    holder: () => [...held.values()][0],
    running: (page) => running.has(page),

    forPage: (page) => ({
      request(name: string, { ifAvailable = false }, job: (lock: object | null) => unknown): Promise<unknown> {
        if (world.settings.noLocks) throw new DOMException('Locks are not for opaque origins.', 'SecurityError');
        return new Promise((resolve, reject) => {
          const run = (lock: object | null) =>
            Promise.resolve()
              .then(() => {
                if (lock) running.add(page);
                return job(lock);
              })
              .finally(() => lock && release(name, page))
              .then(resolve, reject);
          page.task(world.random.between(0.01, 0.5), () => {
            if (ifAvailable && (held.has(name) || queues.get(name)?.length)) {
              world.count('lock refused');
              return void run(null);
            }
            const queue = queues.get(name) ?? [];
            queues.set(name, [...queue, { page, grant: () => void run({ name }) }]);
            next(name);
          });
        });
      },
    }),

    leave(page) {
      for (const [name, holder] of [...held]) if (holder === page) release(name, page);
    },

    crash() {
      held.clear();
      running.clear();
      queues.clear();
    },
  };
}
