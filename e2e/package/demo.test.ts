// The demo as a process: its collector must end with it, however it ends.
import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../../scripts/testing/until.ts';
import { startDemo } from '../fixtures/demo.ts';

test('the collector ends if the demo is killed', { timeout: 60_000 }, async () => {
  const demo = await startDemo();
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
    await demo.close();
  }
});
