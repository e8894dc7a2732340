// HTTPS with the collector's self-made certificate, in a browser that accepts it.
import { join } from 'node:path';
import { freePorts } from '../fixtures/free-ports.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';
import { expect, test } from '../fixtures/test.ts';

test.use({ ignoreHTTPSErrors: true });

test.describe('the dashboard', () => {
  const token = 'chosen-by-the-operator';
  test.use({ collectorSettings: { TLS_SELF_MADE: 'true', DASHBOARD_TOKEN: token } });

  test('opens with the token, by keyboard, and closes again', async ({ page, context, collector }) => {
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    expect(collector.output, 'the token is not printed').not.toContain(token);
    expect(collector.url).toMatch(/^https:/);

    await page.goto(`${collector.url}/dashboard/`);
    // The browser sets the focus after it has painted the page, and drops keys before that.
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
    // The login page is a 401, which the console shows; it must show nothing else, such as a policy violation.
    expect(messages.filter((text) => !text.includes('401'))).toEqual([]);
  });
});

test('the demo works over HTTPS, from the shop to the dashboard', async ({ page, context }) => {
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
    // The view of the shop's page.
    await expect(dashboard.locator('#total-events')).toHaveText('1');
  } finally {
    await demo.kill();
    folder.remove();
  }
});
