// The demo as a process: what is left when it ends in a way that it could not prepare for.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startDemo } from '../fixtures/demo.ts';
import { until } from '../fixtures/until.ts';

test('a demo that is killed takes its collector along', { timeout: 60_000 }, async () => {
  const [demo, close] = await startDemo();
  try {
    const health = () =>
      fetch(`${demo.collector}/health`).then(
        ({ status }) => status,
        () => 'gone',
      );
    assert.equal(await health(), 200);
    demo.killAlone();
    await until('the collector to end', async () => (await health()) === 'gone', 30_000);
  } finally {
    await close();
  }
});
