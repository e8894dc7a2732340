import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceEvent } from './engines/engine.ts';
import { longestTask } from './longest-task.ts';

const ORIGIN = 'http://site.test';

/** An event of the site's main thread; times in milliseconds. */
const event = (name: string, at: number, wall: number, cpu = wall, args: TraceEvent['args'] = {}): TraceEvent => ({
  name,
  cat: 'devtools.timeline',
  ph: 'X',
  pid: 1,
  tid: 1,
  ts: at * 1000,
  dur: wall * 1000,
  tdur: cpu * 1000,
  args,
});

/** A trace of a page with these events. */
const traceOf = (...events: TraceEvent[]): TraceEvent[] => [
  event('thread_name', 0, 0, 0, { name: 'CrRendererMain' }),
  event('TracingStartedInBrowser', 0, 0, 0, { data: { url: `${ORIGIN}/page` } }),
  ...events,
];

const longest = (...events: TraceEvent[]) => longestTask(traceOf(...events), [ORIGIN]);

test('the longest task is that with the most processor time, with what happens in it', () => {
  const what = event('FunctionCall', 41, 5, 5, { data: { functionName: 'track' } });
  assert.deepEqual(longest(event('RunTask', 0, 30, 10), event('RunTask', 40, 20), what), {
    ms: 20,
    what: 'FunctionCall track',
  });
});

test('a task is no longer than the time that has passed', () => {
  assert.equal(longest(event('RunTask', 0, 0.2, 56), event('RunTask', 40, 3)).ms, 3);
});

test('tasks of other pages and threads do not count', () => {
  assert.equal(longest({ ...event('RunTask', 0, 90), pid: 2 }, { ...event('RunTask', 0, 90), tid: 2 }).ms, 0);
});

test('a task that opens another document does not count', () => {
  assert.equal(longest(event('RunTask', 0, 90), event('CommitLoad', 1, 5), event('RunTask', 100, 8)).ms, 8);
});

test('a garbage collection counts, unless a row asks for it', () => {
  const collection = (at: number, type: string) => event('MajorGC', at, 5, 5, { type });
  assert.equal(
    longest(
      event('RunTask', 0, 90),
      collection(1, 'low memory notification'),
      event('RunTask', 100, 8),
      collection(101, 'allocation failure'),
    ).ms,
    8,
  );
});
