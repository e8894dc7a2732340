// keen-tracking's auto-tracking and the add-ons on one page: the table in src/addons/README.md says what each records.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { root } from '../fixtures/paths.ts';
import { expect, test } from '../fixtures/test.ts';

const README = readFileSync(join(root, 'src/addons/README.md'), 'utf8');

/** What a visitor does, as the table has it. */
const STEPS: [what: string, act: (page: Page) => Promise<unknown>][] = [
  ['a load', async () => {}],
  ['a view of a single-page app', (page) => page.evaluate(() => history.pushState(null, '', '/cart'))],
  ['a click on a link to another host', (page) => page.click('#out')],
  ['a click on a button', (page) => page.click('#buy')],
  ['the first input of a form', (page) => page.fill('[name=colour]', 'private-colour')],
  ['a submission', (page) => page.click('#send')],
  [
    'an element taller than the viewport in sight',
    (page) => page.evaluate(() => document.getElementById('tall')!.scrollIntoView()),
  ],
  [
    'an error',
    (page) =>
      page.evaluate(() => {
        dispatchEvent(new ErrorEvent('error', { error: new TypeError('x'), message: 'x', filename: '/app.js' }));
      }),
  ],
  ['the page hides', (page) => page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')))],
];

test('each step makes the events that the table says', async ({ page, site }) => {
  site.file('/keen-tracking.js', {
    body: readFileSync(join(root, 'node_modules/keen-tracking/dist/keen-tracking.min.js'), 'utf8'),
  });
  const url = await addonPage(site, {
    path: '/shop',
    early: `document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault());
      document.addEventListener('submit', (event) => event.preventDefault());`,
    head: '<script src="/keen-tracking.js"></script>',
    body: `<a id="out" href="https://other.example/">out</a> <button id="buy">Buy</button>
      <form name="order"><input name="colour"><button id="send">Go</button></form>
      <div style="height: 150vh"></div><section id="tall" class="track-element-view" data-mailslot-view="tall" style="height: 300vh">tall</section>`,
    script: `window.keen = [];
      const client = new KeenTracking({ projectId: 'p', writeKey: 'w', host: location.host, protocol: 'http', requestType: 'fetch' });
      client.recordEvent = function (to, event) {
        const given = typeof to === 'object' ? to : { collection: to, event };
        keen.push([given.collection, JSON.stringify(given.event ?? {})]);
        return Promise.resolve();
      };
      client.initAutoTracking();
      addons.views(target, { local: true });
      addons.clicks(target, { all: true });
      for (const start of [addons.engagement, addons.forms, addons.errors]) start(target);
      addons.elements(target, { minTime: 50 });
      window.ready = true;`,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  const rows: string[] = [];
  let theirs = 0;
  let ours = 0;
  for (const [what, act] of STEPS) {
    await act(page);
    // Longer than a title or an element may take.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
    const keen: [string, string][] = await page.evaluate(() => (window as any).keen);
    const made = await madeEvents(page);
    const list = (names: string[]) =>
      [...new Set(names)]
        .sort()
        .map((name) => `\`${name}\``)
        .join(', ') || '–';
    rows.push(
      [
        what,
        list(keen.slice(theirs).map(([name]) => name)),
        list(made.slice(ours).map(({ collection }) => collection)),
      ].join(' | '),
    );
    theirs = keen.length;
    ours = made.length;
  }
  const table = README.split('## Beside keen-tracking')[1]!
    .split('###')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.replace(/^\| | +\|$/g, '').replace(/ {2,}\|/g, ' |'));
  expect(rows).toEqual(table);
  const values = await page.evaluate(() =>
    (window as any).keen.some(([, text]: any) => text.includes('private-colour')),
  );
  expect(values, 'keen-tracking records the values of fields').toBe(true);
  expect(JSON.stringify(await madeEvents(page))).not.toContain('private-colour');
});
