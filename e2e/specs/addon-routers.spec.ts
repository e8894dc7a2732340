// One view per page of a router or a library that replaces pages.
import type { Page } from 'playwright/test';
import { clickThrough, expectViews, type SeenView } from '../fixtures/addon-views.ts';
import { addonPage, bundleScript, madeEvents } from '../fixtures/addons.ts';
import { expect, html, type Site, test } from '../fixtures/test.ts';

async function openApp(page: Page, site: Site, app: string) {
  site.file('/app.js', { body: await bundleScript(app) });
  const url = await addonPage(site, {
    path: '/home',
    title: 'Home',
    script: `await import('/app.js');`,
    body: '<div id="root"></div>',
  });
  await page.goto(url);
}

test('React Router in StrictMode', async ({ page, site }) => {
  await openApp(
    page,
    site,
    `import { StrictMode, useEffect } from 'react';
    import { createRoot } from 'react-dom/client';
    import { createBrowserRouter, Link, Navigate, Outlet, RouterProvider } from 'react-router';
    function Layout() {
      useEffect(() => window.addons.views(window.target, { local: true }), []);
      return <><Link to="/stamps">to stamps</Link> <Link to="/old">to old</Link><Outlet /></>;
    }
    const Titled = ({ title }) => <title>{title}</title>;
    const router = createBrowserRouter([{ element: <Layout />, children: [
      { path: '/home', element: <Titled title="Home" /> },
      { path: '/stamps', element: <Titled title="Stamps" /> },
      { path: '/old', element: <Navigate to="/stamps" replace /> },
    ] }]);
    createRoot(document.getElementById('root')).render(<StrictMode><RouterProvider router={router} /></StrictMode>);`,
  );
  await clickThrough(page);
});

test('Vue Router', async ({ page, site }) => {
  await openApp(
    page,
    site,
    `import { createApp, h, onMounted, onUnmounted } from 'vue';
    import { createRouter, createWebHistory, RouterLink, RouterView } from 'vue-router';
    const named = (title) => ({ component: { render: () => h('p', title) }, meta: { title } });
    const router = createRouter({ history: createWebHistory(), routes: [
      { path: '/home', ...named('Home') },
      { path: '/stamps', ...named('Stamps') },
      { path: '/old', redirect: '/stamps' },
    ] });
    router.afterEach((to) => setTimeout(() => (document.title = to.meta.title), 20));
    createApp({
      setup() {
        let stop;
        onMounted(() => (stop = window.addons.views(window.target, { local: true })));
        onUnmounted(() => stop());
        return () => [h(RouterLink, { to: '/stamps' }, () => 'to stamps'), ' ', h(RouterLink, { to: '/old' }, () => 'to old'), h(RouterView)];
      },
    }).use(router).mount('#root');`,
  );
  await clickThrough(page);
});

test('Turbo', async ({ page, site }) => {
  site.file('/app.js', { body: await bundleScript(`import '@hotwired/turbo';`) });
  const url = await addonPage(site, {
    path: '/home',
    title: 'Home',
    script: `addons.views(target, { local: true }); await import('/app.js'); window.ready = true;`,
    body: '<a href="/stamps">to stamps</a>',
  });
  const home = await (await fetch(url)).text();
  site.page('/stamps', home.replace('Home', 'Stamps').replace('to stamps', 'again'));
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await expectViews(page, [['load', '/home', 'Home']]);
  await page.click('text=to stamps');
  const visited: SeenView[] = [
    ['load', '/home', 'Home'],
    ['push', '/stamps', 'Stamps'],
  ];
  await expectViews(page, visited);
  await page.goBack();
  await expectViews(page, [...visited, ['traverse', '/home', 'Home']]);
});

test('htmx', async ({ page, site }) => {
  site.file('/app.js', { body: await bundleScript(`import 'htmx.org';`) });
  site.page('/stamps', html({ title: 'Stamps', body: '<p>stamps</p>' }));
  const url = await addonPage(site, {
    path: '/home',
    title: 'Home',
    script: `addons.views(target, { local: true }); await import('/app.js'); window.ready = true;`,
    body: '<a href="/stamps" hx-get="/stamps" hx-push-url="true" hx-target="#main">to stamps</a><main id="main"></main>',
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await expectViews(page, [['load', '/home', 'Home']]);
  await page.click('text=to stamps');
  await expect
    .poll(async () => (await madeEvents(page, 'pageviews')).map(({ event }) => [event.navigation, event.path]))
    .toEqual([
      ['load', '/home'],
      ['push', '/stamps'],
    ]);
});
