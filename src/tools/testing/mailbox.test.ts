import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTracker } from '../../index.ts';
import { createMailbox } from './index.ts';

interface ShopEvents {
  purchases: { item: string; price: number };
  views: { page: string };
}

/** A mailbox that is closed with the test. */
function open(context: TestContext, options: Parameters<typeof createMailbox>[0] = {}) {
  const box = createMailbox<ShopEvents>(options);
  context.after(() => box.close());
  return { box, tracker: box.tracker() };
}

const stamp = { item: 'stamp', price: 1.2 };

test('an event comes as it was tracked, with its type and without its keen property', async (context) => {
  const { box, tracker } = open(context);
  tracker.track('purchases', stamp);
  const event: { item: string; price: number } = await box.next('purchases');
  assert.deepEqual(event, stamp);
  const [one, ...more] = box.events('purchases');
  assert.deepEqual(more, []);
  assert.equal(one!.collection satisfies 'purchases', 'purchases');
  assert.equal(one!.event.price satisfies number, 1.2);
  assert.match(one!.keen.uniqueness_token!, /^\w+-\w+-\w+$/);
  assert.ok(Date.parse(one!.keen.timestamp!) > 0);
  // @ts-expect-error no such collection
  await assert.rejects(box.next('purchase', { timeout: 1 }));
  // @ts-expect-error no such property
  void tracker.track('purchases', { item: 'stamp', cost: 1.2 });
});

test('next() returns each event once, in order, and waits for those to come', async (context) => {
  const { box, tracker } = open(context);
  const first = box.next('views');
  const second = box.next('views');
  tracker.track('views', { page: '/1' });
  tracker.track('purchases', stamp);
  tracker.track('views', { page: '/2' });
  tracker.track('views', { page: '/3' });
  assert.deepEqual(
    [await first, await second, await box.next('views')],
    [{ page: '/1' }, { page: '/2' }, { page: '/3' }],
  );
  assert.deepEqual(
    box.events().map(({ collection }) => collection),
    ['views', 'purchases', 'views', 'views'],
  );
});

test('a next() in vain says what came, what waits and why, and no property', async (context) => {
  const { box, tracker } = open(context);
  const why = async (collection: 'views' | 'purchases') =>
    box.next(collection, { timeout: 1 }).then(
      () => assert.fail('it came'),
      (error: Error) => error.message,
    );
  assert.match(await why('views'), /^mailslot: no "views" came within 1 ms\n {2}what came: nothing$/);
  tracker.track('purchases', stamp);
  await box.next('purchases');
  assert.match(await why('views'), /what came: 1 × purchases$/);
  assert.match(await why('purchases'), /1 × purchases; next\(\) has returned those of "purchases" before$/);
  box.offline();
  tracker.track('views', { page: '/private' });
  await box.flush();
  const message = await why('views');
  assert.match(message, /1 wait in the queue, and the mailbox is offline$/);
  assert.doesNotMatch(message, /private|stamp|write_/);
});

test('what waits offline comes online, at once', async (context) => {
  const { box, tracker } = open(context);
  box.offline();
  tracker.track('views', { page: '/' });
  await box.flush();
  assert.deepEqual(box.events(), []);
  assert.equal(await tracker.pending(), 1);
  const came = box.next('views');
  box.online();
  assert.deepEqual(await came, { page: '/' });
  await box.flush();
  assert.equal(await tracker.pending(), 0);
});

test('a status is answered as often as asked, and the event comes with the retry', async (context) => {
  const { box, tracker } = open(context);
  box.status(503, { times: 1 });
  tracker.track('views', { page: '/' });
  await tracker.flush();
  assert.deepEqual(box.events(), []);
  assert.deepEqual(await box.next('views'), { page: '/' });
  assert.deepEqual(box.problems(), []);
});

test('a Retry-After is obeyed', async (context) => {
  const { box, tracker } = open(context);
  box.status(429, { times: 1, retryAfter: 3600 });
  tracker.track('views', { page: '/' });
  await box.flush();
  box.online();
  await box.flush();
  await assert.rejects(box.next('views', { timeout: 300 }), /1 wait in the queue/);
  assert.deepEqual(box.events(), []);
});

test('a refused key pauses the tracker until setWriteKey()', async (context) => {
  const { box, tracker } = open(context);
  box.refuseKey();
  tracker.track('views', { page: '/' });
  await box.flush();
  assert.deepEqual(
    box.problems().map(({ code, status, count }) => [code, status, count]),
    [['paused', 401, 0]],
  );
  box.online();
  await box.flush();
  assert.deepEqual(box.events(), []);
  tracker.setWriteKey('write_next');
  assert.deepEqual(await box.next('views'), { page: '/' });
});

test('slow answers come late, and a lost answer counts nothing twice', async (context) => {
  const { box, tracker } = open(context);
  box.slow(50);
  const started = performance.now();
  tracker.track('views', { page: '/' });
  await box.next('views');
  assert.ok(performance.now() - started >= 45);
  // The same event again, as after an answer that was lost.
  const { keen } = box.events()[0]!;
  const body = JSON.stringify({ views: [{ page: '/', keen }] });
  const headers = { Authorization: 'Bearer write_any' };
  const answer = await box.fetch('https://any.example/3.0/projects/p/events', { method: 'POST', headers, body });
  assert.deepEqual([answer.status, await answer.json()], [200, { views: [{ success: true }] }]);
  assert.equal(box.events().length, 1);
});

test('clear() leaves nothing for the next test, neither events nor weather nor a pause', async (context) => {
  const { box, tracker } = open(context);
  tracker.track('purchases', stamp);
  await box.flush();
  box.refuseKey();
  tracker.track('views', { page: '/1' });
  await box.flush();
  box.offline();
  tracker.track('views', { page: '/2' });
  await box.clear();
  assert.deepEqual([box.events(), box.problems(), await tracker.pending()], [[], [], 0]);
  tracker.track('views', { page: '/3' });
  assert.deepEqual(await box.next('views'), { page: '/3' });
});

test('what a collector refuses is refused here', async (context) => {
  const { box, tracker } = open(context);
  for (const event of [{ 'a.b': 1 }, { $a: 1 }, { a: { ' ': 1 } }, { a: [{ b: 1 }] }, { ['a'.repeat(256)]: 1 }]) {
    void tracker.track('views', event as never);
  }
  tracker.track('views', { page: '/' });
  await box.flush();
  assert.deepEqual(box.events('views').length, 1);
  assert.deepEqual(
    box.problems().map(({ code, error }) => `${code} ${error}`),
    [
      ...Array(3).fill('rejected InvalidPropertyNameError'),
      'rejected ListsOfNonPrimitivesNotAllowedError',
      'rejected InvalidPropertyNameError',
    ],
  );
});

test('it has the tracker’s own guard, and knows its own key', async (context) => {
  const { box } = open(context, { writeKey: 'write_own' });
  assert.throws(() => box.tracker({ writeKey: 'read_0c1f' as string }), { name: 'KeyError' });
  assert.throws(() => box.tracker({ maxBatch: 0 }), TypeError);
  const status = async (target: typeof box, key?: string) => {
    const init = { method: 'POST', headers: key === undefined ? {} : { authorization: key }, body: '{"views":[]}' };
    const answer = await target.fetch('https://any.example/3.0/projects/p/events', init);
    assert.doesNotMatch(await answer.text(), /0c1f|own"/);
    return answer.status;
  };
  assert.deepEqual([await status(box, 'Bearer write_own'), await status(box, 'write_own')], [200, 200]);
  assert.deepEqual([await status(box, 'Bearer write_other'), await status(box)], [401, 401]);
  const any = createMailbox<ShopEvents>();
  assert.deepEqual([await status(any, 'Bearer write_0c1f'), await status(any, 'Bearer master_0c1f')], [200, 401]);
});

test('hooks, consent and problems are those of the tracker', async (context) => {
  const { box } = open(context);
  const codes: string[] = [];
  const tracker = box.tracker({
    consent: 'pending',
    extend: { page: '/extended' },
    onError: ({ code }) => codes.push(code),
  });
  assert.equal(await tracker.track('purchases', stamp), 'held');
  await box.flush();
  assert.deepEqual(box.events(), []);
  await tracker.setConsent('granted');
  assert.deepEqual(await box.next('purchases'), { ...stamp, page: '/extended' });
  await tracker.setConsent('denied');
  assert.equal(await tracker.track('purchases', stamp), 'dropped');
  assert.deepEqual([codes, box.problems().map(({ code }) => code)], [['denied'], ['denied']]);
});

test('two mailboxes and the page’s other requests do not meet, and fetch comes back', async (context) => {
  const calls: string[] = [];
  const original = context.mock.method(globalThis, 'fetch', async (input: string) => {
    calls.push(input);
    return new Response('other');
  });
  const replaced = globalThis.fetch;
  const one = createMailbox<ShopEvents>();
  const two = createMailbox<ShopEvents>();
  one.tracker().track('views', { page: '/one' });
  two.tracker().track('views', { page: '/two' });
  assert.deepEqual([await one.next('views'), await two.next('views')], [{ page: '/one' }, { page: '/two' }]);
  assert.equal(await (await fetch('https://any.example/goods')).text(), 'other');
  assert.equal(await (await one.fetch(new URL('https://any.example/search'))).text(), 'other');
  assert.deepEqual(calls.map(String), ['https://any.example/goods', 'https://any.example/search']);
  await two.close();
  await one.close();
  assert.equal(globalThis.fetch, replaced);
  assert.equal(original.mock.callCount(), 2);
  // In the other order each is still closed.
  const three = createMailbox();
  three.tracker();
  const four = createMailbox();
  four.tracker();
  await three.close();
  await four.close();
  assert.equal(await (await fetch('https://any.example/goods')).text(), 'other');
});

test('a tracker of the page comes in through box.fetch, and a replaced fetch is named', async (context) => {
  const { box, tracker } = open(context);
  context.mock.method(globalThis, 'fetch', async () => new Response('other'));
  tracker.track('views', { page: '/' });
  await assert.rejects(box.next('views', { timeout: 200 }), /fetch was replaced after box\.tracker\(\)/);
  context.mock.method(globalThis, 'fetch', box.fetch);
  assert.deepEqual(await box.next('views'), { page: '/' });
});

test('fake timers stop neither next() nor the tracker', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const { box, tracker } = open(context);
  tracker.track('views', { page: '/' });
  assert.deepEqual(await box.next('views'), { page: '/' });
});

test('after close() nothing waits, is held open, or is left in the page', async (context) => {
  const names = Reflect.ownKeys(globalThis).length;
  const box = createMailbox<ShopEvents>();
  const tracker = box.tracker();
  box.slow(600_000);
  const waiting = assert.rejects(box.next('views'), /the mailbox was closed/);
  tracker.track('views', { page: '/' });
  await new Promise(setImmediate);
  await box.close();
  await waiting;
  assert.equal(Reflect.ownKeys(globalThis).length, names);
  assert.equal(await tracker.track('views', { page: '/' }), 'dropped');
  context.diagnostic('the process ends by itself');
});

test('a tracker that is off sends nothing, stores nothing and says nothing', async (context) => {
  const { box } = open(context);
  const said = ['log', 'info', 'warn', 'error'].map((name) => context.mock.method(console, name as 'log', () => {}));
  context.mock.method(globalThis, 'fetch', box.fetch);
  const tracker = createTracker({ ...box.options, enabled: false });
  assert.equal(await tracker.track('views', { page: '/' }), 'dropped');
  await tracker.flush();
  await tracker.close();
  assert.deepEqual([box.events(), said.map(({ mock }) => mock.callCount())], [[], [0, 0, 0, 0]]);
});
