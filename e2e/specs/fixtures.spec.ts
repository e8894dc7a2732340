// The fixtures themselves: faults really happen, and killed processes are really gone.
import type { Page } from 'playwright/test';
import { databaseNames, expect, html, lostAnswer, lostRequest, test, until } from '../fixtures/test.ts';

/** Records one event from a page without mailslot; the answer's status, or the error's name. */
function record(page: Page, url: string, projectId: string, key: string, collection = 'visits') {
  return page.evaluate(
    async ([to, authorization, event]) => {
      try {
        const response = await fetch(to, {
          method: 'POST',
          headers: { Authorization: authorization, 'Content-Type': 'application/json' },
          body: event,
        });
        await response.text();
        return response.status;
      } catch (error) {
        return (error as Error).name;
      }
    },
    [`${url}/3.0/projects/${projectId}/events/${collection}`, `Bearer ${key}`, '{"page":"home"}'] as const,
  );
}

test.describe('the collector', () => {
  test('keeps its events when it is stopped, killed and started again', async ({ collector }) => {
    const body = JSON.stringify({ page: 'home' });
    const post = () => collector.request('/events/visits', { method: 'POST', key: collector.keys.write, body });
    const { url } = collector;
    expect(await collector.count('visits')).toBe(0);
    expect((await post()).status).toBe(201);
    await collector.stop();
    await expect(fetch(url)).rejects.toThrow();
    await collector.start();
    expect(collector.url).toBe(url);
    expect((await post()).status).toBe(201);
    await collector.kill();
    await collector.start();
    expect(await collector.count('visits')).toBe(2);
    expect(await collector.events('visits')).toEqual([
      expect.objectContaining({ page: 'home' }),
      expect.objectContaining({ page: 'home' }),
    ]);
  });

  test('logs each request, and no key', async ({ collector }) => {
    await collector.request('/events', { method: 'POST', key: 'write_wrong', body: '{}' });
    await until('its log line', () =>
      collector.log.some(({ method, path, status }) => method === 'POST' && path.endsWith('/events') && status === 401),
    );
    for (const key of [...Object.values(collector.keys), 'write_wrong']) expect(collector.output).not.toContain(key);
  });
});

test.describe('the proxy', () => {
  test('forwards requests and records them', async ({ page, site, collector, faults }) => {
    await page.goto(site.url);
    expect(await record(page, faults.url, collector.projectId, collector.keys.write)).toBe(201);
    expect(await collector.count('visits')).toBe(1);
    expect(faults.preflights).toHaveLength(1);
    expect(faults.posts).toHaveLength(1);
    expect(faults.posts[0]).toMatchObject({ body: '{"page":"home"}', complete: true, outcome: 201 });
    expect(faults.posts[0]!.headers.authorization).toBe(`Bearer ${collector.keys.write}`);
  });

  test('gives each request its fault, in order', async ({ page, site, collector, faults }) => {
    const post = () => record(page, faults.url, collector.projectId, collector.keys.write);
    await page.goto(site.url);
    faults.next(
      { status: 503, headers: { 'Retry-After': '7' } },
      { status: 500, cors: false },
      lostRequest,
      lostAnswer,
    );
    expect(await post()).toBe(503);
    // The status of an answer without CORS headers stays hidden from the page.
    expect(await post()).toBe('TypeError');
    expect(await post()).toBe('TypeError');
    expect(await collector.count('visits')).toBe(0);
    expect(await post()).toBe('TypeError');
    expect(await collector.count('visits')).toBe(1);
    expect(await post()).toBe(201);
    expect(faults.posts.map(({ outcome }) => outcome)).toEqual([503, 500, 'cut', 'cut', 201]);
  });

  test('cuts a body in half, delays and hangs', async ({ page, site, collector, faults }) => {
    const post = () => record(page, faults.url, collector.projectId, collector.keys.write);
    await page.goto(site.url);
    faults.next({ status: 200, body: { visits: [{ success: true }] }, cut: 'body' }, { delay: 300 }, { hang: true });
    expect(await post()).toBe('TypeError');
    const before = Date.now();
    expect(await post()).toBe(201);
    expect(Date.now() - before).toBeGreaterThanOrEqual(300);
    const never = post();
    await until('the request that hangs', () => faults.posts[2]?.outcome === 'hanging');
    await faults.down();
    expect(await never).toBe('TypeError');
    expect(await collector.count('visits')).toBe(1);
  });

  test('can be down, and up again at the same address', async ({ page, site, collector, faults }) => {
    const post = () => record(page, faults.url, collector.projectId, collector.keys.write);
    await page.goto(site.url);
    await faults.down();
    expect(await post()).toBe('TypeError');
    expect(faults.requests).toHaveLength(0);
    await faults.up();
    expect(await post()).toBe(201);
  });

  test('has separate faults for preflights', async ({ page, site, collector, faults }) => {
    await page.goto(site.url);
    faults.preflight({ status: 403 });
    faults.always(({ body }) => (body ? { status: 402 } : undefined));
    expect(await record(page, faults.url, collector.projectId, collector.keys.write)).toBe('TypeError');
    faults.preflight(undefined);
    expect(await record(page, faults.url, collector.projectId, collector.keys.write)).toBe(402);
    expect(faults.posts).toHaveLength(1);
  });
});

test.describe('the site', () => {
  test('serves a page with its headers', async ({ page, site }) => {
    const refused: string[] = [];
    page.on('console', (message) => refused.push(message.text()));
    const url = site.page('/strict.html', {
      html: html({
        body: '<script>document.title = "ran"</script><script nonce="abc">document.body.id = "ran"</script>',
      }),
      headers: { 'Content-Security-Policy': "script-src 'nonce-abc'" },
    });
    await page.goto(url);
    expect(await page.title()).toBe('test');
    expect(await page.locator('body').getAttribute('id')).toBe('ran');
    expect(refused.join()).toContain('Content Security Policy');
  });

  test('can be reached as two sites', async ({ page, site }) => {
    site.page('/outer.html', html({ body: `<iframe src="${site.otherUrl}/inner.html"></iframe>` }));
    await page.goto(`${site.url}/outer.html`);
    await until('the frame', () => page.frame({ url: `${site.otherUrl}/inner.html` }));
    expect(site.requests.map(({ path }) => path)).toEqual(['/outer.html', '/inner.html']);
  });
});

test.describe('the browser process', () => {
  /** Writes one record and waits until its transaction has completed. */
  const write = (page: Page) =>
    page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('test');
          opening.onupgradeneeded = () => opening.result.createObjectStore('records');
          opening.onsuccess = () => {
            const transaction = opening.result.transaction('records', 'readwrite');
            transaction.objectStore('records').put('value', 'key');
            transaction.oncomplete = () => resolve();
            transaction.onabort = () => reject(transaction.error);
            transaction.commit();
          };
        }),
    );

  test('is killed with all of its processes, and starts again on its profile', async ({ browserProcess, site }) => {
    const page = await browserProcess.newPage();
    await page.goto(site.url);
    await write(page);
    await page.evaluate(() => localStorage.setItem('test', 'value'));
    await browserProcess.kill();
    expect(page.isClosed()).toBe(true);
    await browserProcess.start();
    const next = await browserProcess.newPage();
    await next.goto(site.url);
    expect(await databaseNames(next)).toEqual(['test']);
    // Chromium writes localStorage to disk only after seconds, or when it is closed properly.
    expect(await next.evaluate(() => localStorage.getItem('test'))).toBeNull();
    await next.evaluate(() => localStorage.setItem('test', 'value'));
    await browserProcess.quit();
    await browserProcess.start();
    const last = await browserProcess.newPage();
    await last.goto(site.url);
    expect(await databaseNames(last)).toEqual(['test']);
    expect(await last.evaluate(() => localStorage.getItem('test'))).toBe('value');
  });

  test('works on after one of its renderers was killed', async ({ browserProcess, site }) => {
    const [page, other] = [await browserProcess.newPage(), await browserProcess.newPage()];
    await page.goto(`${site.url}/one.html`);
    await other.goto(`${site.otherUrl}/other.html`);
    expect(await browserProcess.rendererOf(page)).not.toBe(await browserProcess.rendererOf(other));
    await browserProcess.killRenderer(page);
    expect(await other.title()).toBe('/other.html');
    // A crashed page cannot be used again.
    const next = await browserProcess.newPage();
    await next.goto(`${site.url}/two.html`);
    expect(await next.title()).toBe('/two.html');
  });

  test('keeps a page in its back/forward cache', async ({ browserProcess, site }) => {
    const page = await browserProcess.newPage();
    await page.goto(`${site.url}/one.html`);
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => (document.title = persisted ? 'from the cache' : 'loaded'));
    });
    await page.goto(`${site.url}/two.html`);
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(() => page.title()).toBe('from the cache');
  });
});
