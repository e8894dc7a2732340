// node e2e/package/peers.mjs --kill [SECONDS]: which trackers still have an event after a SIGKILL of the whole browser. Each page tracks one
// event while its collector is down; a second (or SECONDS) after that Chromium is killed. After the next start the collector answers again, and the same
// page, which tracks another event then, has some seconds to send the first one too.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { startBrowserProcess } from '../fixtures/browser-process.ts';
import { root } from '../fixtures/paths.ts';

const TRIES = 3;
const SEND_WITHIN_MS = 15_000;

/** A page's script by package: `start`, then `track`. COLLECTOR is an address, EVENT one word of the event. */
const SCRIPTS: Record<string, { start: string; track: string }> = {
  mailslot: {
    start: `import { createTracker } from '${join(root, 'dist/index.js')}';
      const tracker = createTracker({ projectId: 'p', writeKey: 'w', endpoint: 'COLLECTOR' });`,
    track: `tracker.track('purchases', { item: 'EVENT' });`,
  },
  '@snowplow/browser-tracker': {
    start: `import { newTracker, trackStructEvent } from '@snowplow/browser-tracker';
      newTracker('t', 'COLLECTOR', { appId: 'a' });`,
    track: `trackStructEvent({ category: 'shop', action: 'EVENT' });`,
  },
  'keen-tracking': {
    start: `import Keen from 'keen-tracking';
      const client = new Keen({ projectId: 'p', writeKey: 'w', host: 'COLLECTOR'.slice(7), protocol: 'http' });`,
    track: `client.recordEvent('purchases', { item: 'EVENT' });`,
  },
  '@segment/analytics-next': {
    start: `import { AnalyticsBrowser } from '@segment/analytics-next';
      const analytics = AnalyticsBrowser.load({
        writeKey: 'w',
        cdnSettings: { integrations: { 'Segment.io': { apiKey: 'w', apiHost: 'COLLECTOR'.slice(7) + '/v1', protocol: 'http' } } },
      });`,
    track: `analytics.track('EVENT');`,
  },
  '@amplitude/analytics-browser': {
    start: `import { init, track } from '@amplitude/analytics-browser';
      init('w', { serverUrl: 'COLLECTOR/2/httpapi', autocapture: false, fetchRemoteConfig: false });`,
    track: `track('EVENT');`,
  },
  'plausible-tracker': {
    start: `import Plausible from 'plausible-tracker';
      const { trackEvent } = Plausible({ domain: 'shop.example', apiHost: 'COLLECTOR', trackLocalhost: true });`,
    track: `trackEvent('EVENT');`,
  },
};

/** How many of the events came through, of `TRIES` each. @throws Error for a page that does not send its event at all */
export async function measureKills(
  folder: string,
  killAfterMs: number,
): Promise<{ package: string; survived: string }[]> {
  const rows = [];
  for (const name of Object.keys(SCRIPTS)) {
    let survived = 0;
    if (!(await arrives(name, folder))) throw new Error(`${name} sends nothing even if nobody kills the browser`);
    for (let index = 0; index < TRIES; index++) if (await arrives(name, folder, killAfterMs)) survived++;
    rows.push({ package: name, survived: `${survived} of ${TRIES}` });
  }
  return rows;
}

/** Whether the event comes: after a kill with the collector down until then, or with a collector that is up all the time. */
async function arrives(name: string, folder: string, killAfterMs?: number): Promise<boolean> {
  const collector = await freePort();
  const { start, track } = SCRIPTS[name]!;
  const script = (event: string) => {
    const code = `${start}\n${track}`.replaceAll('COLLECTOR', `http://127.0.0.1:${collector}`);
    return bundle(code.replaceAll('EVENT', event), folder);
  };
  const site = await startSite({ '/first': await script('survivor'), '/again': await script('later') });
  const browser = await startBrowserProcess();
  let server: Server | undefined;
  try {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    let arrived: () => void = () => {};
    const came = new Promise<boolean>((resolve) => (arrived = () => resolve(true)));
    if (killAfterMs === undefined) server = await startCollector(collector, arrived);
    await (await browser.newPage()).goto(`${url}/first`);
    if (killAfterMs !== undefined) {
      await sleep(killAfterMs);
      await browser.kill();
      server = await startCollector(collector, arrived);
      await browser.start();
      await (await browser.newPage()).goto(`${url}/again`);
    }
    return await Promise.race([came, sleep(SEND_WITHIN_MS, false, { ref: false })]);
  } finally {
    await browser.close();
    for (const one of [site, server]) {
      one?.close();
      one?.closeAllConnections();
    }
  }
}

async function bundle(contents: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    nodePaths: [join(root, 'node_modules')],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

async function listen(server: Server, port = 0): Promise<Server> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A port on which nothing listens: a collector that is down. */
async function freePort(): Promise<number> {
  const server = await listen(createServer());
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const startSite = (scripts: Record<string, string>) =>
  listen(
    createServer(({ url = '' }, response) => {
      const script = scripts[url.replace('.js', '')];
      if (url.endsWith('.js')) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
      else
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(`<!doctype html><script src="${url}.js"></script>`);
    }),
  );

/** An answer that takes every event, in the words of the API that the tracker speaks. */
function acknowledge(url: string, body: string): object {
  // Keen's, with one result for each event.
  if (url.startsWith('/3.0/') && body) {
    const results = (events: unknown) => (Array.isArray(events) ? events.map(() => ({ success: true })) : events);
    return Object.fromEntries(Object.entries(JSON.parse(body)).map(([name, events]) => [name, results(events)]));
  }
  // Amplitude's; the others read the status alone.
  return { code: 200 };
}

const startCollector = (port: number, arrived: () => void) =>
  listen(
    createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        if ((decodeURIComponent(request.url ?? '') + body).includes('survivor')) arrived();
        const headers = {
          'access-control-allow-origin': request.headers.origin ?? '*',
          'access-control-allow-credentials': 'true',
          'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
        };
        response.writeHead(200, headers).end(JSON.stringify(acknowledge(request.url ?? '', body)));
      });
    }),
    port,
  );
