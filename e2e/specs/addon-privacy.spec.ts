// A page full of what is private, used as a visitor would, with all add-ons on: none of it is in an event, a storage or a request.
import { addonPage } from '../fixtures/addons.ts';
import { allAddons, everything, leave } from '../fixtures/all-addons.ts';
import { expect, test } from '../fixtures/test.ts';

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
  const url = await addonPage(site, {
    path: `/reset/${PRIVATE.reset}`,
    title: `Inbox of ${PRIVATE.mail}`,
    early: `document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault()); document.addEventListener('submit', (event) => event.preventDefault());`,
    body: BODY,
    script: allAddons(collector, faults),
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
  await leave(page);
  const { events, stored, sent } = await everything(page, faults);
  const collections = new Set(events.map((text) => JSON.parse(text)[0]));
  for (const collection of 'pageviews clicks outbound_clicks downloads engagements form_starts form_submissions form_abandons element_views errors frustrations session_starts vitals signups'.split(
    ' ',
  )) {
    expect([...collections], collection).toContain(collection);
  }
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
