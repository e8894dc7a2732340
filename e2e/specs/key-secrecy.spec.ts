// The key is in the Authorization header and nowhere else, in all situations.
import { randomBytes } from 'node:crypto';
import type { Page, Request } from 'playwright/test';
import { hidingPlaces, traces } from '../fixtures/hiding-places.ts';
import {
  expect,
  goOnline,
  html,
  inBothDeliveries,
  keepProblems,
  lostAnswer,
  lostRequest,
  test,
  until,
} from '../fixtures/test.ts';

/** Keeps all console messages and uncaught errors in a global of the page, so that the search finds them. */
async function keepMessages(page: Page) {
  await page.addInitScript(() => {
    const messages: unknown[] = [];
    Object.assign(window, { messages });
    for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
      const original = console[name];
      console[name] = (...values: unknown[]) => {
        messages.push(values);
        original.apply(console, values);
      };
    }
    addEventListener('error', (event) => messages.push(event.message, event.error));
    addEventListener('unhandledrejection', (event) => messages.push(event.reason));
  });
}

/** The message of the error that setting a key throws. The error is kept for the search. */
function refusal(page: Page, key: unknown) {
  return page.evaluate((wrong) => {
    try {
      window.tracker.setWriteKey(wrong as string);
      return 'taken';
    } catch (error) {
      const { stack, message } = error as Error;
      (window as unknown as { messages: unknown[] }).messages.push(error, String(error), stack, JSON.stringify(error));
      return message;
    }
  }, key);
}

inBothDeliveries((delivery) => {
  /** The tag is left as it is, with the key that it had at first. */
  const inTheTag = delivery === 'script' ? ['document'] : [];

  test('the key is in the Authorization header and the tag, and nowhere else', async ({
    page,
    context,
    openTracker,
    collector,
    faults,
    site,
  }) => {
    const revoked = `write_${randomBytes(16).toString('hex')}`;
    const keys = [revoked, ...Object.values(collector.keys)];
    const secrets = keys.flatMap(traces);
    const secretIn = (value: unknown) => secrets.some((secret) => JSON.stringify(value).includes(secret));
    const requested: Request[] = [];
    page.on('request', (request) => requested.push(request));
    await keepMessages(page);
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, writeKey: revoked, flushInterval: 20 },
      ...keepProblems,
    });
    // Cookies do not depend on the port, so the collector could get this one.
    await page.evaluate(() => (document.cookie = 'visitor=1'));
    const visit = (how: string) => tracker.track('visits', { how });

    // The key is refused while an event is in the store.
    expect(await visit('refused')).toBe('stored');
    await tracker.flush();
    expect((await tracker.problems()).map(({ code }) => code)).toEqual(['paused']);
    expect(await tracker.pending()).toBe(1);
    expect(await hidingPlaces(page, secrets)).toEqual(inTheTag);

    // Keys that the guard refuses.
    const { read, master } = collector.keys;
    const accessKey = { key: read, is_active: true, permitted: ['writes', 'queries'] };
    for (const wrong of [read, master, master.slice('master_'.length), `${revoked}\n`, accessKey]) {
      expect(await refusal(page, wrong)).toContain('mailslot');
    }

    // A new key, and many faults.
    await tracker.setWriteKey(collector.keys.write);
    await expect.poll(() => collector.count('visits')).toBe(1);
    faults.next({ status: 500, body: 'no' }, lostAnswer, lostRequest, { status: 200, body: '<html>' }, { cut: 'body' });
    for (const how of ['one', 'two', 'three']) {
      await visit(how);
      await tracker.flush();
      await goOnline(page);
    }
    await page.evaluate(() => {
      const cycle: { cycle?: object } = {};
      cycle.cycle = cycle;
      void window.tracker.track('visits', cycle);
      void window.tracker.track('_visits', { how: 'impossible' });
    });
    await visit('x'.repeat(10_000));
    await context.setOffline(true);
    await visit('offline');
    await tracker.flush();
    expect(await hidingPlaces(page, secrets)).toEqual(inTheTag);
    await context.setOffline(false);
    await expect.poll(() => collector.count('visits')).toBe(5);
    await expect
      .poll(async () => (await tracker.problems()).map(({ code }) => code))
      .toEqual(expect.arrayContaining(['invalid_event', 'rejected']));
    await tracker.close();
    expect(await hidingPlaces(page, secrets)).toEqual(inTheTag);

    // Outside of the page.
    expect(secretIn(tracker.messages)).toBe(false);
    expect(secretIn(await context.cookies())).toBe(false);
    expect(secretIn(requested.map((request) => [request.url(), request.postData()]))).toBe(false);
    expect(secretIn(site.requests)).toBe(false);
    expect(secretIn(collector.output)).toBe(false);

    // On the wire.
    const path = `/3.0/projects/${collector.projectId}/events`;
    const seen = new Set(faults.requests.map(({ method, path }) => `${method} ${path}`));
    expect(seen).toEqual(new Set([`OPTIONS ${path}`, `POST ${path}`]));
    const schemes = new Set<string>();
    for (const { method, headers, body } of faults.requests) {
      const { authorization = '', ...others } = headers;
      expect(secretIn([others, body])).toBe(false);
      expect(others).not.toHaveProperty('cookie');
      expect(others).not.toHaveProperty('referer');
      schemes.add(`${method} ${authorization.replace(revoked, 'REVOKED').replace(collector.keys.write, 'WRITE')}`);
    }
    expect(schemes).toEqual(new Set(['OPTIONS ', 'POST Bearer REVOKED', 'POST Bearer WRITE']));
  });

  test('the key does not follow a redirect', async ({ page, openTracker, collector, faults, site }) => {
    const tracker = await openTracker(page, { options: { endpoint: faults.url } });
    const elsewhere = site.file('/elsewhere', {
      body: '{}',
      headers: { 'access-control-allow-headers': 'authorization, content-type' },
    });
    for (const [status, location] of [
      [307, elsewhere],
      [308, elsewhere.replace(site.url, site.otherUrl)],
      [307, '/elsewhere'],
      [302, '/elsewhere'],
    ] as const) {
      faults.always({ status, headers: { location } });
      const before = faults.posts.length;
      await tracker.track('visits', { status });
      await goOnline(page);
      await until('the redirect', () => faults.posts.length > before);
      await tracker.flush();
    }
    faults.always(undefined);
    await goOnline(page);
    await expect.poll(() => collector.count('visits')).toBe(4);
    expect(site.requests.filter(({ path }) => path === '/elsewhere')).toEqual([]);
    expect(faults.requests.filter(({ path }) => path.includes('elsewhere'))).toEqual([]);
  });

  test('cookies and the referrer are not sent, even to a collector of the same origin', async ({
    page,
    makeTracker,
    collector,
    faults,
    site,
  }) => {
    await page.route(
      ({ origin, pathname }) => origin === faults.url && !pathname.startsWith('/3.0/'),
      async (route) => {
        const { pathname } = new URL(route.request().url());
        await route.fulfill({ response: await route.fetch({ url: site.url + pathname }) });
      },
    );
    const { pathname } = new URL(makeTracker({ options: { endpoint: faults.url } }));
    await page.goto(faults.url + pathname);
    await page.evaluate(() => (document.cookie = 'visitor=1'));
    await page.evaluate(() => window.tracker.track('visits', { how: 'same origin' }));
    await expect.poll(() => collector.count('visits')).toBe(1);
    expect(faults.requests.map(({ method }) => method)).toEqual(['POST']);
    expect(faults.posts[0]!.headers).not.toHaveProperty('cookie');
    expect(faults.posts[0]!.headers).not.toHaveProperty('referer');
  });
});

test('the search finds a key in each of its places', async ({ page, site }) => {
  const key = `write_${randomBytes(16).toString('hex')}`;
  await page.goto(site.page('/search.html', html({ body: '<p id="here"></p>' })));
  expect(await hidingPlaces(page, traces(key))).toEqual([]);
  await page.evaluate(async (secret) => {
    const bytes = new TextEncoder().encode(secret);
    Object.assign(window, {
      deep: { list: [new Map([['a', { secret }]])] },
      named: { [secret]: 1 },
      failed: new Error(secret),
      encoded: btoa(`Bearer ${secret}`),
      half: secret.slice(-16),
      written: new Function(`return '${secret}'`),
      bytes,
    });
    history.replaceState({ secret }, '');
    localStorage.setItem('a', secret);
    sessionStorage.setItem('a', secret);
    document.cookie = `a=${secret}`;
    document.getElementById('here')!.dataset['key'] = secret;
    performance.mark(secret);
    await (await caches.open('c')).put(`/?${secret}`, new Response(''));
    await new Promise((resolve) => {
      const opening = indexedDB.open('d');
      opening.onupgradeneeded = () => opening.result.createObjectStore('s');
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('s', 'readwrite');
        transaction.objectStore('s').put(bytes, secret);
        transaction.oncomplete = resolve;
      };
    });
  }, key);
  expect((await hidingPlaces(page, traces(key))).sort()).toEqual(
    expect.arrayContaining(
      [
        'window.deep.list.0 (entries).0.1.secret',
        'window.named (name)',
        'window.failed.message',
        'window.failed.stack',
        'window.encoded',
        'window.half',
        'window.written (source)',
        'window.bytes',
        'history.state.secret',
        'localStorage.a',
        'sessionStorage.a',
        'cookies',
        'document',
        'performance entries',
        'cache c',
        'database d s',
        'database d s (keys)',
      ].map((place) => expect.stringContaining(place)),
    ),
  );
});
