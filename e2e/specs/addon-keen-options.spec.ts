// The options of keen-tracking's auto-tracking: the table in src/addons/README.md says what each of them adds, and which events of the
// add-ons have it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { root } from '../fixtures/paths.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

const README = readFileSync(join(root, 'src/addons/README.md'), 'utf8');

/** Each option, with the value that records less and the one that records more; a function is one that counts its calls. */
const OPTIONS: [name: string, less: unknown, more: unknown][] = [
  ['recordPageViews', false, true],
  ['recordPageViewsOnExit', false, true],
  ['recordClicks', false, true],
  ['recordClicksPositionPointer', false, true],
  ['recordFormSubmits', false, true],
  ['ignoreFormFieldTypes', ['password'], []],
  ['ignoreDisabledFormFields', false, true],
  ['recordElementViews', false, true],
  ['recordScrollState', false, true],
  ['collectIpAddress', false, true],
  ['collectUuid', false, true],
  ['shareUuidAcrossDomains', false, true],
  ['catchError', undefined, 'function'],
];

/** `recorded` has what keen-tracking records: a collection, a property with its collection, a cookie. */
const EARLY = `
  document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault());
  document.addEventListener('submit', (event) => event.preventDefault());
  document.hasFocus = () => true;
  window.recorded = [];
  window.isLeaving = false;
  const leaves = (value, path, found) => {
    if (Object(value) !== value) { if (value !== null && value !== '') found.push(path); }
    else for (const name in value) leaves(value[name], [...path, name], found);
    return found;
  };
  const note = (url, text) => {
    const [, collection] = /events\\/([^?]+)/.exec(url);
    const { keen, ip_address, ...event } = JSON.parse(text);
    // Keen's server puts the address in, and is asked to remove it.
    if (!keen.addons.some(({ input }) => input.remove_ip_property)) event.ip_address = ip_address;
    recorded.push([collection + (isLeaving ? ' when the page is left' : ''), leaves(event, [], []).map((path) => path.join('.'))]);
  };
  window.fetch = async (url, { body }) => {
    note(url, body);
    // All other errors are tried again for a while.
    throw new DOMException('the page has ended the request', 'AbortError');
  };
  navigator.sendBeacon = (url, body) => (note(url, body), true);
  addEventListener('unhandledrejection', (event) => event.preventDefault());
  const { set, get } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  Object.defineProperty(document, 'cookie', {
    get,
    set(text) {
      const [, value] = /=([^;]+)/.exec(text);
      const names = Object.entries(JSON.parse(decodeURIComponent(value))).flatMap(([name, value]) => value ? [name] : []);
      recorded.push(['cookie', names.map((name) => name + (/domain=/.test(text) ? ' of all subdomains' : ''))]);
      set.call(this, text);
    },
  });
  window.begin = ({ catchError, ...options }) => {
    const client = new KeenTracking({ projectId: 'p', writeKey: 'w', host: location.host, protocol: 'http', requestType: 'fetch' });
    client.initAutoTracking({ ...options, ...(catchError && { catchError: () => recorded.push(['catchError', []]) }) });
    addons.views(target, { local: true });
    addons.sessions(target);
    addons.clicks(target, { all: true });
    for (const start of [addons.engagement, addons.forms]) start(target);
    addons.elements(target, { minTime: 50 });
  };`;

const BODY = `<a id="out" href="https://other.example/">out</a><p class="track-element-view" data-mailslot-view="hero">x</p>
  <form name="order"><input name="colour" value="red"><input name="secret" type="password" value="x"><input name="size" value="8" disabled>
  <button id="send">Go</button></form><div style="height: 300vh"></div>`;

/** What both make of one visit: names as the table has them. */
async function visit(context: BrowserContext, site: Site, options: object) {
  site.file('/keen-tracking.js', {
    body: readFileSync(join(root, 'node_modules/keen-tracking/dist/keen-tracking.min.js'), 'utf8'),
  });
  const url = await addonPage(site, {
    path: '/shop',
    early: EARLY,
    head: '<script src="/keen-tracking.js"></script>',
    body: BODY,
    script: 'window.ready = true;',
  });
  await context.clearCookies();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await page.evaluate((given) => (window as any).begin(given), options);
  await expect.poll(() => madeEvents(page, 'pageviews')).toHaveLength(1);
  await expect.poll(() => madeEvents(page, 'element_views')).toHaveLength(1);
  await page.evaluate(async () => {
    const scrolled = new Promise((done) => addEventListener('scroll', done, { once: true }));
    scrollTo(0, innerHeight);
    await scrolled;
    scrollTo(0, 0);
  });
  await page.click('#out');
  await page.fill('[name=colour]', 'blue');
  await page.click('#send');
  await page.evaluate(() => {
    (window as any).isLeaving = true;
    dispatchEvent(new Event('beforeunload'));
    dispatchEvent(new PageTransitionEvent('pagehide'));
  });
  const recorded: [string, string[]][] = await page.evaluate(() => (window as any).recorded);
  const made = await madeEvents(page);
  await page.close();
  return {
    theirs: new Map(recorded),
    ours: new Set(
      made.flatMap(({ collection, event }) => [
        collection,
        ...Object.keys(event).map((name) => `${collection}.${name}`),
      ]),
    ),
  };
}

/** What the second visit has and the first has not. A property of every event has no collection before it. */
function added(less: Map<string, string[]>, more: Map<string, string[]>): string {
  const collections = [...more].filter(([collection, properties]) => collection !== 'cookie' && properties.length);
  const isOfAll = (name: string) => collections.every(([, properties]) => properties.includes(name));
  const texts = [...more].flatMap(([collection, properties]) => {
    const before = less.get(collection);
    if (!before) return [collection];
    return properties
      .filter((name) => !before.includes(name))
      .map((name) => (collection !== 'cookie' && isOfAll(name) ? name : `${collection}.${name}`));
  });
  return (
    [...new Set(texts)]
      .sort()
      .map((text) => `\`${text}\``)
      .join(', ') || '–'
  );
}

test('each option adds what the table says, and the add-ons have what it says', async ({ context, site }) => {
  test.setTimeout(240_000);
  const table = README.split('### Its options')[1]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  const made = new Set<string>();
  const rows: string[][] = [];
  for (const [name, less, more] of OPTIONS) {
    const before = await visit(context, site, { [name]: less });
    const after = await visit(context, site, { [name]: more });
    for (const event of after.ours) made.add(event);
    rows.push([`\`${name}: ${JSON.stringify(more).replaceAll('"', '')}\``, added(before.theirs, after.theirs)]);
  }
  expect(rows).toEqual(table.map((cells) => cells.slice(0, 2)));
  for (const [option, , ours] of table) {
    for (const [, name] of ours!.matchAll(/`([a-z_.]+)`/g)) expect([...made], option).toContain(name);
  }
});
