import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limit } from './semaphore.ts';

/** A task that goes on until it is told to end, and whether it has begun. */
function pending() {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const task = { begun: false, end, run: () => ((task.begun = true), ended) };
  return task;
}

const soon = () => new Promise(setImmediate);

test('so many run at once, and the others in the order in which they came', async () => {
  const { run } = limit(2);
  const tasks = Array.from({ length: 4 }, pending);
  for (const task of tasks) void run(task.run);
  const begun = async () => (await soon(), tasks.map((task) => task.begun));
  assert.deepEqual(await begun(), [true, true, false, false]);
  tasks[1]!.end();
  assert.deepEqual(await begun(), [true, true, true, false]);
});

test('a task that runs alone does not begin beside another, and nothing begins beside it', async () => {
  const { run, runAlone, waiting } = limit(2);
  const [first, skipped, alone, ...later] = Array.from({ length: 6 }, pending);
  const running = run(first!.run);
  await runAlone(skipped!.run);
  assert.equal(skipped!.begun, false);
  first!.end();
  await running;

  const done = runAlone(alone!.run);
  for (const task of later) void run(task.run);
  await soon();
  assert.equal(alone!.begun, true);
  assert.equal(waiting(), 3);
  alone!.end();
  await done;
  await soon();
  assert.deepEqual(
    later.map(({ begun }) => begun),
    [true, true, false],
  );
});
