// HTTPS with a certificate that the collector has made itself, in a browser that accepts it.
import { join } from 'node:path';
import { freePorts } from '../fixtures/demo.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';
import { expect, test } from '../fixtures/test.ts';

test.use({ ignoreHTTPSErrors: true });

test.describe('the dashboard', () => {
  const token = 'chosen-by-the-operator';
  test.use({ collectorSettings: { TLS_SELF_MADE: 'true', DASHBOARD_TOKEN: token } });

  test('is opened with the token, by keyboard, and closed again', async ({ page, context, collector }) => {
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    expect(collector.output, 'the token is not printed').not.toContain(token);
    expect(collector.url).toMatch(/^https:/);

    await page.goto(`${collector.url}/dashboard/`);
    // The browser sets the focus when it has painted the page, and takes a key before that for nobody's.
    await expect(page.getByLabel('Token')).toBeFocused();
    await page.keyboard.type('a wrong one');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toHaveText('That is not the token.');
    await expect(page.getByLabel('Token')).toBeFocused();
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('status')).toHaveText('Live');
    expect(page.url()).toBe(`${collector.url}/dashboard/`);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/dashboard' });

    await page.getByRole('button', { name: 'Log out' }).click();
    await expect(page.getByLabel('Token')).toBeFocused();
    expect(await context.cookies()).toEqual([]);
    await page.goBack();
    await expect(page.getByLabel('Token')).toBeVisible();
    // 401 is how the door answers; a word about the policy would be another matter.
    expect(messages.filter((text) => !text.includes('401'))).toEqual([]);
  });
});

test('the demo speaks it too, from the shop to the dashboard', async ({ page, context }) => {
  const folder = temporaryFolder();
  const [DEMO_PORT, COLLECTOR_PORT] = (await freePorts(2)).map(String) as [string, string];
  const env = {
    ...process.env,
    DEMO_PORT,
    COLLECTOR_PORT,
    DATA: join(folder.path, 'demo.duckdb'),
    TLS_SELF_MADE: 'true',
  };
  const demo = startProcessTree(process.execPath, [join(root, 'demo/dist/demo.js')], { cwd: folder.path, env });
  try {
    const [, shop] = await demo.says(/script tag\)\s+(https:\S+)/);
    await page.goto(shop!);
    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Open the collector’s dashboard' }).click();
    const dashboard = await opened;
    await expect(dashboard.getByRole('status')).toHaveText('Live');
    // The look at the shop itself.
    await expect(dashboard.locator('#total-events')).toHaveText('1');
  } finally {
    await demo.kill();
    folder.remove();
  }
});
