// The dashboard's page of refused requests: their time, origin, and class of key.
import { type Collector, expect, test } from '../fixtures/test.ts';

/** Sends a request that must be refused, with a key or without one. */
async function fail(collector: Collector, path: string, key: string | undefined, init: RequestInit = {}) {
  const response = await fetch(`${collector.url}/3.0/projects/${collector.projectId}${path}`, {
    ...init,
    headers: { ...(key && { authorization: key }), origin: 'https://shop.example' },
  });
  expect(response.ok).toBe(false);
}

test('refused requests appear by themselves, and can be filtered by class of key and by reason', async ({
  page,
  collector,
}) => {
  const { write, read, master } = collector.keys;
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  await page.goto(collector.dashboard);
  await expect(page.getByText('No request has been refused.')).toBeVisible();
  await page.getByRole('link', { name: 'All refused requests' }).click();
  await expect(page.getByRole('heading', { name: 'No request has been refused' })).toBeVisible();

  for (let n = 0; n < 3; n++) await fail(collector, '/queries/count?event_collection=visits', write);
  await fail(collector, '/keys', read);
  await fail(collector, '/events', undefined, { method: 'POST', body: '{}' });
  await fail(collector, '/<b>x</b>', 'wr0ng');
  const lines = page.locator('#refusals > li');
  const choice = (name: RegExp) => page.getByRole('radio', { name });
  await expect(lines.first(), 'without a reload').toBeVisible();
  await expect(page.locator('#summary')).toHaveText(/^6 refused requests\./);
  await expect(choice(/^Write key 3$/)).not.toBeChecked();
  await expect(choice(/^InvalidApiKeyError 4$/)).not.toBeChecked();
  await expect(page.locator('#refusals b'), 'a path is shown as text').toHaveCount(0);

  // The filters work by keyboard, and are kept in the address.
  await page
    .getByRole('radio', { name: /^All 6$/ })
    .first()
    .focus();
  for (const name of ['none', 'unknown', 'write']) {
    await page.keyboard.press('ArrowDown');
    await expect(page.locator(`input[value="${name}"]`)).toBeChecked();
  }
  const line = lines.filter({ hasText: 'GET /queries/count → 401' });
  const nothingElse = () =>
    expect.poll(async () => (await lines.count()) - (await line.count()) || !(await line.count())).toBe(false);
  await nothingElse();
  await expect(line.first()).toContainText(
    /Write key.*A Write key may only record events\. · from https:\/\/shop\.example/,
  );
  await expect(line.first()).toContainText(/id_[0-9a-f]{16}/);
  await expect(page.locator('input[value="write"]'), 'a refresh keeps the focus').toBeFocused();
  await page.reload();
  await expect(choice(/^Write key/)).toBeChecked();
  await nothingElse();

  await choice(/^Read key/).check({ force: true });
  await choice(/^AdminOnlyEndpointError/).check({ force: true });
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('GET /keys → 403');
  await page.goto(`${page.url().split('?')[0]}?key=master`);
  await expect(page.getByText('No refusal has both')).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(choice(/^All 6$/).first()).toBeChecked();

  await page.getByRole('link', { name: 'Back to the dashboard' }).click();
  await expect(page.locator('#total-refused')).toHaveText('6');
  expect(messages).toEqual([]);
  for (const key of [write, read, master, 'wr0ng']) expect(await page.content()).not.toContain(key);
});

test('older requests are shown a hundred at a time', async ({ page, collector }) => {
  const ask = (n: number) => fail(collector, `/events/collection-${n}`, 'wr0ng', { method: 'POST', body: '{}' });
  await Promise.all(Array.from({ length: 130 }, (_, n) => ask(n)));
  await page.goto(collector.dashboard);
  await page.goto(new URL('activity', collector.dashboard).href);
  await expect(page.locator('#summary')).toHaveText(/^130 refused requests; here are the newest 100 lines\./);
  await expect(page.locator('#refusals > li')).toHaveCount(100);
  await page.getByRole('button', { name: 'Show older' }).click();
  await expect(page.locator('#refusals > li')).toHaveCount(130);
  await expect(page.getByRole('button', { name: 'Show older' })).toBeHidden();
});
