import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent } from '../../testing/event.ts';
import { createAppender } from './append.ts';

const OUT_OF_MEMORY = 'Out of Memory Error: failed to allocate data of size 4.0 MiB (259.3 MiB/259.3 MiB used)';
const event = makeEvent('things', { n: 1 }, Date.parse('2024-05-15T12:00:00Z'));

function createTestAppender(errors: (Error | undefined)[]) {
  const steps: string[] = [];
  const attempt = (step: string) => async () => {
    steps.push(step);
    const error = errors.shift();
    if (error) throw error;
  };
  const appender = createAppender({
    write: attempt('write'),
    writeWithReserve: attempt('write with reserve'),
    stopQueries: async () => void steps.push('stop queries'),
    onCommit: () => steps.push('committed'),
    onError: (error) => steps.push(error.message),
  });
  return { appender, steps };
}

test('events that find no memory are written with memory that the next queries cannot use up', async () => {
  const { appender, steps } = createTestAppender([new Error(OUT_OF_MEMORY)]);
  await appender.append([event]);
  assert.deepEqual(steps, ['write', 'stop queries', 'write with reserve', 'committed']);
  assert.equal(appender.healthy(), true);
});

test('events are rejected if there is no memory without queries either', async () => {
  const { appender, steps } = createTestAppender([new Error(OUT_OF_MEMORY), new Error(OUT_OF_MEMORY)]);
  await assert.rejects(appender.append([event]), { code: 'ServiceUnavailableError' });
  assert.deepEqual(steps, ['write', 'stop queries', 'write with reserve', OUT_OF_MEMORY]);
  assert.equal(appender.healthy(), false);
  await appender.append([event]);
  assert.equal(appender.healthy(), true);
});

test('events of a commit without memory are never written again', async () => {
  const { appender, steps } = createTestAppender([
    new Error(`TransactionContext Error: Failed to commit: could not allocate block (1.0 MiB/1.0 MiB used)`),
  ]);
  await assert.rejects(appender.append([event]), { code: 'ServiceUnavailableError' });
  assert.equal(steps[0], 'write');
  assert.match(steps[1]!, /Failed to commit/);
  assert.equal(steps.length, 2);
});
