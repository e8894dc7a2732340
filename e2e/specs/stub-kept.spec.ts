// What the stub keeps for the next page if the file has not come, and when it keeps nothing.
import type { Outcome } from '../../src/types.ts';
import {
  flush,
  hold,
  kept,
  numbers,
  open,
  results,
  type TestPage,
  untilLoaded,
  withTag,
} from '../fixtures/stub-page.ts';
import { expect, test } from '../fixtures/test.ts';

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
  await flush(page);
  expect(await numbers(collector)).toEqual([0]);
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
