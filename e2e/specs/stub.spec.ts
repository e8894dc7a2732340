// The stub is the API: what it hands out works before, while and after the file loads, and also if the file never comes.
import type { Page } from 'playwright/test';
import type { FlushResult, Hooks, Tracker } from '../../src/types.ts';
import {
  flush,
  hold,
  kept,
  numbers,
  open,
  results,
  stub,
  type TestPage,
  untilLoaded,
  withTag,
} from '../fixtures/stub-page.ts';
import { expect, test } from '../fixtures/test.ts';

test('what the stub has handed out works before, while and after the file loads', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    const { track, flush, pending } = mailslot;
    window.saved = Object.assign((...call) => saved.own(...call), { own: mailslot, track, flush, pending });
    results.push(saved('visits', { n: 0 }), saved.track('visits', { n: 1 }), saved.pending(), saved.flush());`;
  await open(page, site, '/saved.html', withTag(collector, { early }));
  release();
  expect(await results(page)).toEqual(['stored', 'stored', 2, { delivered: 2, kept: 0, givenUp: 0 }]);
  const after = await page.evaluate(async () => {
    const { saved, mailslot } = window as unknown as TestPage & { saved: { own: TestPage['mailslot'] } };
    const outcomes = [await saved('visits', { n: 2 }), await saved.track('visits', { n: 3 })];
    return [...outcomes, await mailslot.track('visits', { n: 4 }), await saved.flush(), saved.own === mailslot];
  });
  expect(after).toEqual(['stored', 'stored', 'stored', { delivered: 3, kept: 0, givenUp: 0 }, true]);
  expect(await numbers(collector)).toEqual([0, 1, 2, 3, 4]);
});

test('a global that another script wraps before the file has come loses no call', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    results.push(mailslot('visits', { n: 0 }));
    window.saved = mailslot;
    mailslot = Object.assign((...call) => saved(...call), saved);
    results.push(mailslot('visits', { n: 1 }), mailslot.track('visits', { n: 2 }));`;
  await open(page, site, '/wrapped.html', withTag(collector, { early }));
  release();
  await untilLoaded(page);
  expect(await results(page)).toEqual(['stored', 'stored', 'stored']);
  const after = await page.evaluate(() => {
    const { mailslot, saved } = window as unknown as TestPage;
    return Promise.all([mailslot('visits', { n: 3 }), mailslot.track('visits', { n: 4 }), saved('visits', { n: 5 })]);
  });
  expect(after).toEqual(['stored', 'stored', 'stored']);
  await flush(page);
  expect(await numbers(collector)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('every method works before the file has come, in the order of the calls', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    mailslot.setWriteKey('${collector.keys.write}');
    results.push(
      mailslot('visits', { n: 0 }), mailslot.setConsent('denied'), mailslot('visits', { n: 1 }), mailslot.pending(),
      mailslot.setConsent('granted').then(() => 'granted'), mailslot('visits', { n: 2 }), mailslot.flush(),
      mailslot.setConsent('no').catch(({ name }) => name), mailslot.close().then(() => 'closed'), mailslot('visits', { n: 3 }));`;
  const content = withTag(collector, { early }).replace(/data-write-key="[^"]+"/, 'data-write-key="write_old"');
  await open(page, site, '/methods.html', content);
  release();
  const [first, , second, , granted, third, flushed, wrong, closed, last] = await results(page);
  expect([first, second, granted, third, wrong, closed, last]).toEqual([
    'dropped',
    'dropped',
    'granted',
    'stored',
    'TypeError',
    'closed',
    'dropped',
  ]);
  expect(Object.keys(flushed as FlushResult)).toEqual(['delivered', 'kept', 'givenUp']);
  await expect.poll(() => numbers(collector)).toEqual([2]);
});

test('early calls are taken as they are at that moment', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    const event = { n: 1, at: new Date(0), tags: ['a'] };
    for (; event.n < 4; event.n++) results.push(mailslot('visits', event));
    event.tags.push('b');
    class Money { #cents = 120; toJSON() { return this.#cents / 100; } }
    mailslot('visits', { n: 4, price: new Money(), no: undefined });
    Array.prototype.toJSON = function () { return '[' + this.map((x) => JSON.stringify(x)).join(', ') + ']'; };
    results.push(mailslot('visits', { n: 5 }));`;
  await open(page, site, '/changed.html', withTag(collector, { early }));
  await page.evaluate(() => delete (Array.prototype as { toJSON?: unknown }).toJSON);
  release();
  expect(await results(page)).toEqual(Array(4).fill('stored'));
  await flush(page);
  const events = (await collector.events('visits')).map(({ keen: _, ...event }) => event);
  const first = { at: '1970-01-01T00:00:00.000Z', tags: ['a'] };
  expect(events).toEqual([{ n: 1, ...first }, { n: 2, ...first }, { n: 3, ...first }, { n: 4, price: 1.2 }, { n: 5 }]);
});

test('an event is serialized once, whenever it is tracked', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    window.serialized = 0;
    window.event = (n) => ({ toJSON() { serialized++; return { n }; } });
    results.push(mailslot('visits', event(0)));`;
  await open(page, site, '/once.html', withTag(collector, { early }));
  release();
  expect(await results(page)).toEqual(['stored']);
  expect(await page.evaluate(`mailslot('visits', event(1))`)).toBe('stored');
  expect(await page.evaluate('serialized')).toBe(2);
});

test('members that the page gives to all functions are not those of the stub', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `results.push(mailslot('visits', { n: 0 }), mailslot.flush().then(({ delivered }) => delivered));`;
  const content = withTag(collector, { early }).replace(
    '<script>',
    `<script>Object.assign(Function.prototype, { q: [{}], t: 'mailslot:x', p: 1, u: 1, k: 1, flush() {}, track() {} });</script><script>`,
  );
  await open(page, site, '/inherited.html', content);
  release();
  expect(await results(page)).toEqual(['stored', 1]);
  expect(await numbers(collector)).toEqual([0]);
});

test('a bad early call is dropped and reported, and harms no other', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    const cycle = {};
    cycle.cycle = cycle;
    const bad = [{ get n() { throw new Error('getter'); } }, cycle, { n: 1n }, { toJSON() { throw 1; } }, 'text', null, undefined, []];
    window.codes = [];
    mailslot.use({ onError: ({ code }) => codes.push(code) });
    for (const event of bad) results.push(mailslot('visits', event), mailslot('visits', { n: results.length }));
    results.push(mailslot(), mailslot(Symbol('visits'), { n: 0 }), mailslot(1n, { n: 0 }));`;
  await open(page, site, '/bad.html', withTag(collector, { early }));
  release();
  const outcomes = await results(page);
  const pairs = Array(8).fill(['dropped', 'stored']).flat();
  expect(outcomes).toEqual([...pairs, 'dropped', 'dropped', 'dropped']);
  expect(await page.evaluate('codes')).toEqual(Array(11).fill('invalid_event'));
  await flush(page);
  expect(await numbers(collector)).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
});

for (const [what, break_] of [
  ['404', (page: Page) => page.route('**/mailslot.js', (route) => route.fulfill({ status: 404 }))],
  ['a blocked request', (page: Page) => page.route('**/mailslot.js', (route) => route.abort('blockedbyclient'))],
  ['an answer that never ends', (page: Page) => page.route('**/mailslot.js', () => {})],
] as const) {
  test(`promises settle if the file does not come: ${what}`, async ({ page, site, collector }) => {
    await break_(page);
    const early = `
      mailslot('visits', { n: 0 }).then((outcome) => (location.hash = outcome));
      results.push(mailslot('visits', { n: 1 }), mailslot('visits', { n: 1n }));
      for (const name of ['flush', 'pending', 'close']) results.push(mailslot[name]().then(() => name));
      results.push(mailslot.setConsent('granted').then(() => 'setConsent'));`;
    await open(page, site, '/missing.html', withTag(collector, { early }));
    const expected = ['held', 'held', 'flush', 'pending', 'close', 'setConsent'];
    expect(await results(page)).toEqual(expected);
    await expect.poll(() => page.url()).toMatch(/#held$/);
  });
}

test('a file that comes late delivers what was held', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `results.push(mailslot('visits', { n: 0 })); mailslot.use({ extend: { late: true } }); results.push(mailslot('visits', { n: 1 }));`;
  await open(page, site, '/late.html', withTag(collector, { early }));
  expect(await results(page)).toEqual(['held', 'held']);
  release();
  await untilLoaded(page);
  // Sending may have begun before.
  expect(await flush(page)).toMatchObject({ kept: 0, givenUp: 0 });
  expect((await collector.events('visits')).map(({ n, late }) => [n, late])).toEqual([
    [0, undefined],
    [1, true],
  ]);
});

test('functions can be given before and after load, and taken back', async ({ page, site, collector }) => {
  const release = await hold(page);
  const early = `
    window.problems = [];
    window.remove = mailslot.use({ extend: () => ({ view: '/a' }), beforeTrack: (event) => (event.n === 1 ? null : undefined) });
    mailslot.use({ onError: (problem) => problems.push(problem.code) });
    for (const n of [0, 1]) results.push(mailslot('visits', { n }));
    mailslot('visits', {});
    window.use = mailslot.use;
    mailslot.use({ extend: { removed: true } })();`;
  await open(page, site, '/hooks.html', withTag(collector, { early }));
  release();
  expect(await results(page)).toEqual(['stored', 'dropped']);
  await page.evaluate(async () => {
    const { mailslot, remove, use } = window as unknown as TestPage & { remove: () => void; use: Tracker['use'] };
    await mailslot('visits', { n: 2 });
    await remove();
    const hooks: Hooks = { extend: { view: '/b' } };
    const removeOther = use(hooks);
    await mailslot('visits', { n: 3 });
    removeOther();
    await mailslot('visits', { n: 4 });
    await mailslot.flush();
  });
  expect((await collector.events('visits')).map(({ n, view, removed }) => [n, view, removed])).toEqual([
    [0, '/a', undefined],
    [2, '/a', undefined],
    [3, '/b', undefined],
    [4, undefined, undefined],
  ]);
  expect(await page.evaluate('problems')).toEqual(['invalid_event']);
});

test('the stub can be between other code', async ({ page, site, collector }) => {
  for (const [index, after] of [
    '\n(function () { window.own = 1; })();',
    ' [1].forEach((n) => { window.own = n; });',
    '\nundeclared = 1; window.own = undeclared;',
  ].entries()) {
    const content = withTag(collector, { early: `results.push(mailslot('visits', { n: ${index} }))` });
    await open(
      page,
      site,
      `/between-${index}.html`,
      content.replace(stub, () => `window.own = (() => 0)()\n${stub}${after}`),
    );
    expect(await results(page), after).toEqual(['stored']);
    expect(await page.evaluate('own'), after).toBe(1);
  }
});

test('the stub twice, after the file, and without a tag is harmless', async ({ page, site, collector }) => {
  const release = await hold(page);
  const again = `</script><script>${stub}`;
  const early = `const first = mailslot; mailslot('visits', { n: 0 }); ${again}; results.push(mailslot === first, mailslot('visits', { n: 1 }));`;
  await open(page, site, '/twice.html', withTag(collector, { early: early.replace('const first', 'window.first') }));
  release();
  expect(await results(page)).toEqual([true, 'stored']);
  // The file came first.
  const same = await page.evaluate((code) => {
    const { mailslot } = window as unknown as TestPage;
    const script = document.createElement('script');
    script.textContent = code;
    document.head.append(script);
    return (window as unknown as TestPage).mailslot === mailslot;
  }, stub);
  expect(same).toBe(true);
  await flush(page);
  expect(await numbers(collector)).toEqual([0, 1]);

  await open(
    page,
    site,
    '/alone.html',
    withTag(collector, { early: `results.push(mailslot('visits', { n: 9 }))`, tag: ' ' }),
  );
  expect(await results(page)).toEqual(['held']);
  await page.goto(`${site.url}/empty.html`);
  expect(await kept(page)).toEqual({});
});
