// A page full of what is private, used as a visitor would, with all add-ons on: none of it is in an event, a storage or a request.
import { addonPage } from '../fixtures/addons.ts';
import { expect, NO_FLUSH_MS, test } from '../fixtures/test.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP';
const PRIVATE = {
  password: 'correct-horse-battery',
  card: '4111 1111 1111 1111',
  cardInOne: '5500005555555559',
  cvv: '737',
  mail: 'jane.doe@post.example',
  hidden: 'csrf-9f8e7d6c5b4a',
  token: JWT,
  reset: 'Ab3dEf6hIj9lMn2pQr5t',
  note: 'my secret diary',
  query: 'private-search',
  text: 'Balance of Jane Doe',
  id: '550e8400-e29b-41d4-a716-446655440000',
};

const BODY = `
  <style>body { margin: 0 }</style>
  <form id="login" name="login" action="/in?token=${JWT}"><input name="mail" type="email"><input name="password" type="password">
    <input type="hidden" name="csrf" value="${PRIVATE.hidden}"><button>Go</button></form>
  <form id="pay"><input name="card"><input name="cvv"><textarea name="note"></textarea><select name="s"><option>${PRIVATE.text}</option></select></form>
  <p id="balance" data-mailslot-view="balance">${PRIVATE.text}</p>
  <button id="rage" value="${PRIVATE.token}" name="${PRIVATE.mail}" class="${PRIVATE.reset}">${PRIVATE.text}</button>
  <a id="out" href="https://other.example/reset/${PRIVATE.reset}?mail=${PRIVATE.mail}#${JWT}">${PRIVATE.text}</a>
  <a id="file" href="/files/${PRIVATE.id}.pdf?q=${PRIVATE.query}" download>${PRIVATE.text}</a>
  <div style="height: 3000px"></div>`;

test('none of it gets out', async ({ page, site, collector, faults }) => {
  const options = {
    projectId: collector.projectId,
    writeKey: collector.keys.write,
    endpoint: faults.url,
    flushInterval: NO_FLUSH_MS,
  };
  const url = await addonPage(site, {
    path: `/reset/${PRIVATE.reset}`,
    title: `Inbox of ${PRIVATE.mail}`,
    early: `document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault()); document.addEventListener('submit', (event) => event.preventDefault());`,
    body: BODY,
    script: `const { createTracker } = await import('/npm.js');
      const tracker = createTracker(${JSON.stringify(options)});
      // The core of another build has its own use().
      const { track } = tracker;
      const hooks = new Set();
      tracker.use ??= (added) => (hooks.add(added), () => hooks.delete(added));
      tracker.track = (to, event) => {
        for (const { extend } of hooks) event = { ...extend?.(to), ...event };
        window.all.push(JSON.stringify([to, event]));
        return track(to, event);
      };
      window.all = [];
      window.tracker = tracker;
      const { views, campaign, clicks, engagement, forms, elements, vitals, errors, sessions, unique, consent, origin, frustration } = addons;
      window.origin_ = origin(tracker);
      consent(tracker);
      sessions(tracker);
      views(tracker, { local: true, hash: true, extend: campaign });
      clicks(tracker, { all: true });
      for (const start of [engagement, forms, vitals, errors, frustration]) start(tracker);
      elements(tracker, { minTime: 50 });
      window.once = unique(tracker);
      window.ready = true;`,
  });
  await page.goto(
    `${url}?mail=${PRIVATE.mail}&q=${PRIVATE.query}&utm_content=${PRIVATE.mail}&gclid=${PRIVATE.token}#t=${JWT}`,
  );
  await page.waitForFunction(() => (window as any).ready);
  await page.fill('[name=mail]', PRIVATE.mail);
  await page.fill('[name=password]', PRIVATE.password);
  await page.click('#login button');
  await page.fill('[name=card]', PRIVATE.card);
  await page.fill('[name=cvv]', PRIVATE.cvv);
  await page.fill('[name=note]', `${PRIVATE.note} ${PRIVATE.cardInOne}`);
  for (let n = 0; n < 4; n++) await page.click('#rage');
  await page.click('#out');
  await page.click('#file');
  await page.evaluate(({ mail, card, token, id, query }) => {
    const error = new Error(`no ${mail} with ${card} and ${token}`);
    dispatchEvent(new ErrorEvent('error', { error, message: error.message, filename: `/app.js?q=${query}` }));
    const reason = { mail, token };
    dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason }));
    document.body.append(Object.assign(new Image(), { src: `/${id}.png?mail=${mail}` }));
    (window as any).once.track('signups', { plan: 'pro' });
    history.pushState(null, '', `/users/${mail}/${id}?q=${query}`);
    scrollTo(0, 2000);
  }, PRIVATE);
  await expect.poll(() => page.evaluate(() => (window as any).all.join().match(/"(pageviews|rage)"/g)?.length)).toBe(3);
  await expect.poll(() => page.evaluate(() => (window as any).all.join().includes('png'))).toBe(true);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    dispatchEvent(new PageTransitionEvent('pagehide'));
  });
  const stored = await page.evaluate(async () => {
    await new Promise((done) => setTimeout(done, 500));
    const read = async (name: string) => {
      const database = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => done(request.result);
      });
      const values = [...database.objectStoreNames].map(
        (store) =>
          new Promise((done) => {
            const request = database.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => done(request.result);
          }),
      );
      return Promise.all(values);
    };
    const databases = await Promise.all((await indexedDB.databases()).map(({ name }) => read(name!)));
    return JSON.stringify([databases, { ...localStorage }, { ...sessionStorage }, document.cookie]);
  });
  await page.evaluate(() => (window as any).tracker.flush());
  const events = await page.evaluate(() => (window as any).all as string[]);
  const collections = new Set(events.map((text) => JSON.parse(text)[0]));
  for (const collection of 'pageviews clicks outbound_clicks downloads engagements form_starts form_submissions form_abandons element_views errors frustrations session_starts vitals signups'.split(
    ' ',
  )) {
    expect([...collections], collection).toContain(collection);
  }
  const sent = faults.requests.map(({ body, path }) => `${path} ${body}`).join();
  expect(sent).toContain('pageviews');
  for (const [where, text] of Object.entries({ events: events.join('\n'), stored, sent })) {
    for (const [what, value] of Object.entries(PRIVATE)) {
      for (const form of [value, encodeURIComponent(value), btoa(value), value.replaceAll(' ', '')]) {
        // Numbers of three digits are in every time.
        if (what === 'cvv') expect(text, `${what} in ${where}`).not.toContain(`"${form}"`);
        else
          expect(
            text.includes(form) && text.slice(Math.max(0, text.indexOf(form) - 300), text.indexOf(form) + 50),
            `${what} in ${where}`,
          ).toBe(false);
      }
    }
  }
});
