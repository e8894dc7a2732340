// The stub is the API: what it hands out works before, while and after the file loads, and also if the file never comes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { FlushResult, Hooks, Outcome, Tracker } from '../../src/types.ts';
import { root } from '../fixtures/paths.ts';
import { type Collector, expect, html, type Site, test } from '../fixtures/test.ts';

const stub = readFileSync(join(root, 'dist/stub.js'), 'utf8');

type Mailslot = Tracker['track'] & Tracker & { t?: unknown };

/** What the page's code in these tests has. */
type TestPage = Window & { mailslot: Mailslot; saved: Mailslot & Pick<Tracker, 'track' | 'flush'>; results: unknown[] };

/** HTML with the stub, the page's own code, and the tag. */
const withTag = ({ projectId, keys, url }: Collector, { early = '', attributes = '', tag = '' } = {}) =>
  html({
    head: `<script>${stub}</script>
      <script>window.results = []; ${early}</script>
      ${tag || `<script async src="/mailslot.js" data-project-id="${projectId}" data-write-key="${keys.write}" data-endpoint="${url}" ${attributes}></script>`}`,
  });

/** Holds back mailslot.js until the returned function is called. */
async function hold(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/mailslot.js', async (route) => {
    await released;
    // The page that asked may be gone.
    await route.continue().catch(() => {});
  });
  return release;
}

const open = (page: Page, site: Site, path: string, content: string) =>
  page.goto(site.page(path, content), { waitUntil: 'domcontentloaded' });

const untilLoaded = (page: Page) => page.waitForFunction(() => (window as unknown as TestPage).mailslot.t);

const flush = (page: Page) => page.evaluate(() => (window as unknown as TestPage).mailslot.flush());

const results = (page: Page) => page.evaluate(() => Promise.all((window as unknown as TestPage).results));

const numbers = async (collector: Collector) => (await collector.events('visits')).map(({ n }) => n);

/** What session storage holds. */
const kept = (page: Page) => page.evaluate(() => ({ ...sessionStorage }));

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
    const { saved, mailslot } = window as unknown as TestPage & { saved: { own: Mailslot } };
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
  expect(await flush(page)).toMatchObject({ delivered: 2 });
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
  expect(await flush(page)).toMatchObject({ delivered: 2 });

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

test('calls that a page could not deliver are delivered by the next page, with their own times, once', async ({
  page,
  site,
  collector,
}) => {
  await hold(page);
  const early = `
    window.before = Date.now();
    mailslot('visits', { n: 0 });
    mailslot('visits', { n: 1n });
    mailslot.use({ onError() {} });
    addEventListener('pagehide', () => mailslot('visits', { n: 2 }));
    document.addEventListener('visibilitychange', () => mailslot('visits', { n: 3 }));`;
  await open(page, site, '/landing.html', withTag(collector, { early }));
  await page.evaluate(() => void (window as unknown as TestPage).mailslot('visits', { n: 1 }));
  const [before, left] = await page.evaluate(() => [(window as unknown as { before: number }).before, Date.now()]);
  // Neither does the second page get the file.
  await open(page, site, '/second.html', withTag(collector, { early: `mailslot('visits', { n: 4 })` }));
  // Without routes, Chromium lets the requests that it holds go on.
  await page.goto(`${site.url}/between.html`);
  expect(Object.keys(await kept(page))).toEqual([`mailslot:${collector.projectId}`]);
  const other = { ...collector, projectId: 'other' };
  await page.unroute('**/mailslot.js');
  // Another project's page leaves them alone.
  await open(page, site, '/other.html', withTag(other));
  await untilLoaded(page);

  const early3 = `window.onProblem = []; mailslot.use({ extend: { from: 'third' }, onError: ({ code }) => onProblem.push(code) }); mailslot('visits', { n: 5 })`;
  await open(page, site, '/third.html', withTag(collector, { early: early3 }));
  await untilLoaded(page);
  await flush(page);
  const events = await collector.events('visits');
  expect(events.map(({ n, from }) => [n, from]).sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => [n, 'third']));
  for (const { n, keen } of events) {
    const time = Date.parse(keen.timestamp);
    if ((n as number) < 2) expect(time >= before! && time <= left!, `time of ${n}`).toBe(true);
  }
  expect(await page.evaluate('onProblem')).toEqual([]);
  expect(await kept(page)).toEqual({});
  await page.reload();
  await untilLoaded(page);
  await flush(page);
  expect(await collector.count('visits')).toBe(7);
});

for (const [what, attributes, early, gpc, expected] of [
  ['pending on the tag', 'data-consent="pending"', '', false, []],
  ['denied on the tag', 'data-consent="denied"', '', false, []],
  ['granted on the tag', 'data-consent="granted"', '', false, []],
  ['an early denial', '', `mailslot.setConsent('denied')`, false, []],
  ['early pending', '', `mailslot.setConsent('pending')`, false, []],
  ['denied, then granted', '', `mailslot.setConsent('denied'); mailslot.setConsent('granted')`, false, []],
  ['an early key', '', `mailslot.setWriteKey('write_0123456789')`, false, []],
  ["another global's tag", 'data-global="shopslot"', '', false, []],
  ['GPC that the site respects', 'data-respect-gpc', '', true, []],
  ['GPC that it does not', '', '', true, [0, 1]],
  ['no signal', 'data-respect-gpc', '', false, []],
  ['early hooks', '', 'mailslot.use({ extend: {} })()', false, [0, 1]],
] as const) {
  test(`nothing is kept for the next page if there can be a doubt about consent: ${what}`, async ({
    page,
    site,
    collector,
  }) => {
    if (gpc) {
      await page.addInitScript(() =>
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
      );
    }
    await hold(page);
    const code = `mailslot('visits', { n: 0 }); ${early}; mailslot('visits', { n: 1 });`;
    await open(page, site, '/landing.html', withTag(collector, { early: code, attributes }));
    await page.goto(`${site.url}/between.html`);
    if (!expected.length) expect(await kept(page)).toEqual({});
    await page.unroute('**/mailslot.js');
    await open(page, site, '/next.html', withTag(collector));
    await untilLoaded(page);
    await flush(page);
    expect((await numbers(collector)).sort()).toEqual([...expected]);
    expect(await kept(page)).toEqual({});
  });
}

test('calls are kept only for a tag that the browser runs', async ({ page, site, collector }) => {
  await hold(page);
  const cases: [attribute: string, isKept: boolean][] = [
    ['', true],
    ['type="module"', true],
    ['type="text/javascript"', true],
    ['type="Text/JavaScript"', true],
    ...[
      ...['text/plain', 'text/template', 'text/html', 'text/partytown', 'text/x-blocked', 'text/javascript-blocked'],
      ...[
        'javascript/blocked',
        'didomi/javascript',
        'application/consent',
        'application/json',
        'opt-in',
        'module/blocked',
      ],
    ].map((type): [string, boolean] => [`type="${type}"`, false]),
  ];
  for (const [index, [attributes, isKept]] of cases.entries()) {
    const early = `mailslot('visits', { n: ${index} })`;
    await open(page, site, `/type-${index}.html`, withTag(collector, { early, attributes }));
    await page.goto(`${site.url}/between.html`);
    const expected = isKept ? [`mailslot:${collector.projectId}`] : [];
    expect(Object.keys(await kept(page)), attributes).toEqual(expected);
    await page.evaluate(() => sessionStorage.clear());
  }
});

for (const [what, other] of [
  ['an element with its attributes', '<div data-project-id="other" data-write-key="x"></div>'],
  ['a script with a key', '<script data-write-key="x"></script>'],
  ['a script with a project', '<script data-project-id="other"></script>'],
  ['a tag that is blocked', '<script type="text/plain" data-project-id="other" data-write-key="x"></script>'],
] as const) {
  test(`nothing above the tag decides what is kept: ${what}`, async ({ page, site, collector }) => {
    await hold(page);
    for (const [attributes, expected] of [
      ['', [`mailslot:${collector.projectId}`]],
      ['data-consent="pending"', []],
    ] as const) {
      const content = withTag(collector, { early: `mailslot('visits', { n: 0 })`, attributes });
      await open(page, site, `/above-${expected.length}.html`, content.replace('<script', `${other}<script`));
      await page.goto(`${site.url}/between.html`);
      expect(Object.keys(await kept(page)), attributes).toEqual(expected);
      await page.evaluate(() => sessionStorage.clear());
    }
  });
}

test('storage that throws harms nothing', async ({ page, site, collector }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'sessionStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  const release = await hold(page);
  await open(page, site, '/denied.html', withTag(collector, { early: `results.push(mailslot('visits', { n: 0 }))` }));
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  release();
  expect(await results(page)).toEqual(['stored']);
  expect(await flush(page)).toMatchObject({ delivered: 1 });
});

test('a full storage loses nothing while the page lives, and a page that comes back delivers once', async ({
  page,
  site,
  collector,
}) => {
  const release = await hold(page);
  const early = `for (const n of [0, 1, 2]) mailslot('visits', { n });`;
  await open(page, site, '/full.html', withTag(collector, { early }));
  await page.evaluate(() => {
    for (let length = 5_000_000; length; length >>= 1) {
      try {
        sessionStorage.setItem(`full${length}`, 'x'.repeat(length));
      } catch {}
    }
    dispatchEvent(new Event('pagehide'));
  });
  // As from the back/forward cache: now there is room.
  await page.evaluate(() => {
    sessionStorage.clear();
    dispatchEvent(new Event('pagehide'));
    void (window as unknown as TestPage).mailslot('visits', { n: 3 });
  });
  release();
  await untilLoaded(page);
  await flush(page);
  // The next page finds nothing more.
  await page.reload();
  await untilLoaded(page);
  await flush(page);
  const sent = await numbers(collector);
  expect(sent.filter((n) => n === 3)).toEqual([3]);
  expect([...new Set(sent)].sort()).toEqual([0, 1, 2, 3]);
});

test('the file that comes after the page was kept elsewhere does not deliver again', async ({
  page,
  site,
  collector,
}) => {
  const release = await hold(page);
  const early = `results.push(mailslot('visits', { n: 0 }));`;
  await open(page, site, '/cached.html', withTag(collector, { early }));
  // What the next page does: it takes what was kept.
  const taken = await page.evaluate(() => {
    dispatchEvent(new Event('pagehide'));
    const before = { ...sessionStorage };
    sessionStorage.clear();
    return before;
  });
  expect(JSON.stringify(taken)).toContain('visits');
  await page.evaluate(() =>
    (window as unknown as TestPage).results.push(
      (window as unknown as TestPage).mailslot('visits', { n: 1 }) as Promise<Outcome>,
    ),
  );
  release();
  await untilLoaded(page);
  await flush(page);
  expect(await numbers(collector)).toEqual([1]);
});
