// One view per page of an app with Next's router. `npm run next-router` builds the app first.
import { join } from 'node:path';
import { test as base, expect } from 'playwright/test';
import { clickThrough, expectViews } from '../fixtures/addon-views.ts';
import { TARGET } from '../fixtures/addons.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { root } from '../fixtures/paths.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';

const app = join(root, 'e2e/next-router');

const test = base.extend<{ url: string }>({
  url: async ({}, use) => {
    const [port] = await freePorts(1);
    const next = join(app, 'node_modules/next/dist/bin/next');
    const tree = startProcessTree(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', String(port)], {
      cwd: app,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    });
    await tree.says(/(Ready)/);
    await use(`http://127.0.0.1:${port}`);
    await tree.kill();
  },
});

test('Next’s router', async ({ page, url }) => {
  const escaped: string[] = [];
  page.on('pageerror', (error) => escaped.push(String(error)));
  await page.addInitScript(TARGET);
  await page.goto(`${url}/home`);
  const visited = await clickThrough(page);

  // A page that calls `redirect()`: the router pushes its address, and replaces it when it has rendered the redirect.
  await page.goBack();
  visited.push(['traverse', '/home', 'Home']);
  await expectViews(page, visited);
  await page.click('text=to moved');
  visited.push(['push', '/stamps', 'Stamps']);
  await expectViews(page, visited);

  // Neither another query, nor a hash, nor a refresh is another page.
  await page.click('text=to sorted');
  await expect(page).toHaveURL(/sort=up/);
  await page.click('text=to part');
  await expect(page).toHaveURL(/#part/);
  await page.click('text=refresh');
  await expectViews(page, visited);
  await page.click('text=replace');
  visited.push(['replace', '/wax', 'Wax']);
  await expectViews(page, visited);
  await page.reload();
  await expectViews(page, [...visited, ['reload', '/wax', 'Wax']]);
  expect(escaped).toEqual([]);
});
