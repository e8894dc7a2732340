// The number of requests that a tracker needs, with a collector that speaks Keen's answers.
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTracker } from './index.ts';
import { accept, type SentRequest, stubFetch } from './testing/collector.ts';
import { page } from './testing/page.ts';

Object.assign(globalThis, {
  ...page,
  window: globalThis,
  addEventListener() {},
  removeEventListener() {},
  requestIdleCallback() {},
});

let project = 0;

/** Tracks `count` events with texts of `textLength` characters in one task, and flushes once. */
async function flushEvents(
  context: TestContext,
  { count, textLength, answer = accept }: { count: number; textLength: number; answer?: typeof accept },
) {
  const requests = stubFetch(context, answer);
  const problems: unknown[] = [];
  const tracker = createTracker({
    projectId: `project-${++project}`,
    writeKey: 'write_good',
    // Only `flush()` sends.
    flushInterval: 1e8,
    onError: (problem) => problems.push(problem),
  });
  const text = 'x'.repeat(textLength);
  await Promise.all(Array.from({ length: count }, (_, n) => tracker.track('visits', { n, text })));
  const result = await tracker.flush();
  await tracker.close();
  return { requests: requests.length, sizes: requests.map(({ counts }) => counts.length), result, problems };
}

test('six events of 100 kB take three requests', async (context) => {
  const { sizes, result } = await flushEvents(context, { count: 6, textLength: 100_000 });
  assert.deepEqual(sizes, [2, 2, 2]);
  assert.deepEqual(result, { delivered: 6, kept: 0, givenUp: 0 });
});

test('100 events of 9.9 kB take four requests', async (context) => {
  const { requests, result } = await flushEvents(context, { count: 100, textLength: 9_900 });
  assert.equal(requests, 4);
  assert.deepEqual(result, { delivered: 100, kept: 0, givenUp: 0 });
});

test('2,500 small events take five requests', async (context) => {
  const { sizes, result } = await flushEvents(context, { count: 2_500, textLength: 50 });
  assert.deepEqual(sizes, [500, 500, 500, 500, 500]);
  assert.deepEqual(result, { delivered: 2_500, kept: 0, givenUp: 0 });
});

for (const position of [0, 123, 250, 499]) {
  test(`one malformed event at ${position} of 500 takes at most twelve requests`, async (context) => {
    const answer = (request: SentRequest) =>
      request.counts.includes(position)
        ? { status: 400, body: { error_code: 'InvalidEventError', message: 'malformed' } }
        : accept(request);
    const { requests, result, problems } = await flushEvents(context, { count: 500, textLength: 50, answer });
    assert.ok(requests <= 12, `${requests} requests`);
    assert.deepEqual(result, { delivered: 499, kept: 0, givenUp: 1 });
    assert.deepEqual(problems, [
      {
        code: 'rejected',
        count: 1,
        collection: 'visits',
        status: 400,
        error: 'InvalidEventError',
        host: 'api.keen.io',
      },
    ]);
  });
}

test('2,500 events of 400 B take at most 31 requests if the collector refuses more than 100 kB', async (context) => {
  const answer = (request: SentRequest) => (request.text.length > 100_000 ? { status: 413 } : accept(request));
  const { requests, result, problems } = await flushEvents(context, { count: 2_500, textLength: 380, answer });
  assert.ok(requests <= 31, `${requests} requests`);
  assert.deepEqual(result, { delivered: 2_500, kept: 0, givenUp: 0 });
  assert.deepEqual(problems, []);
});
