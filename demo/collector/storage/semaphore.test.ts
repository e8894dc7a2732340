import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSemaphore } from './semaphore.ts';

/** A task that runs until `end` is called, and whether it has begun. */
function pendingTask() {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const task = {
    begun: false,
    end,
    run() {
      task.begun = true;
      return ended;
    },
  };
  return task;
}

/** Resolves after all pending promise callbacks have run. */
const settle = () => new Promise(setImmediate);

test('a semaphore runs as many tasks as it has permits, and the others in order of arrival', async () => {
  const { run } = createSemaphore(2);
  const tasks = Array.from({ length: 4 }, pendingTask);
  for (const task of tasks) void run(task.run);
  const begun = async () => {
    await settle();
    return tasks.map((task) => task.begun);
  };
  assert.deepEqual(await begun(), [true, true, false, false]);
  tasks[1]!.end();
  assert.deepEqual(await begun(), [true, true, true, false]);
});

test('runIfIdle skips its task beside another one, and no task begins beside it', async () => {
  const { run, runIfIdle, waiting } = createSemaphore(2);
  const [first, skipped, exclusive, ...later] = Array.from({ length: 6 }, pendingTask);
  const running = run(first!.run);
  await runIfIdle(skipped!.run);
  assert.equal(skipped!.begun, false);
  first!.end();
  await running;

  const done = runIfIdle(exclusive!.run);
  for (const task of later) void run(task.run);
  await settle();
  assert.equal(exclusive!.begun, true);
  assert.equal(waiting(), 3);
  exclusive!.end();
  await done;
  await settle();
  assert.deepEqual(
    later.map(({ begun }) => begun),
    [true, true, false],
  );
});
