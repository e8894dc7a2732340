// Workers of every kind, in both forms: what has IndexedDB and fetch can track, without a document.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { FlushResult, Outcome } from '../../src/types.ts';
import { root } from '../fixtures/paths.ts';
import { type Collector, expect, html, type Site, test } from '../fixtures/test.ts';

/** What a worker answers to one message. */
interface Answer {
  outcomes: Outcome[];
  result: FlushResult;
  pending: number;
  problems: string[];
}

const FORMS = ['module', 'classic'] as const;
type Form = (typeof FORMS)[number];

/** Gets a worker; `go` sends it a message on a port of its own. */
const STARTS: Record<string, (form: Form) => string> = {
  'a dedicated worker': (form) => `
    const worker = new Worker('/worker.js', { type: '${form}' });
    const go = (message, ports) => worker.postMessage(message, ports);`,
  'a worker of a worker': (form) => `
    const worker = new Worker('/outer.js', { type: '${form}' });
    const go = (message, ports) => worker.postMessage(message, ports);`,
  'a shared worker': (form) => `
    const { port } = new SharedWorker('/worker.js', { type: '${form}' });
    const go = (message, ports) => port.postMessage(message, ports);`,
  // As the background of an extension is one.
  'a service worker': (form) => `
    await navigator.serviceWorker.register('/worker.js', { type: '${form}' });
    const { active } = await navigator.serviceWorker.ready;
    const go = (message, ports) => active.postMessage(message, ports);`,
};

const OUTER = `const inner = new Worker('/worker.js', { type: 'FORM' });
  onmessage = ({ data, ports }) => inner.postMessage(data, ports);`;

/** Makes the tracker when the script is evaluated, as a module of a site does. */
function workerScript({ projectId, keys, url }: Collector, form: Form): string {
  const options = JSON.stringify({ projectId, writeKey: keys.write, endpoint: url, flushInterval: 1e8 });
  const load =
    form === 'module'
      ? `import { createTracker as create } from '/npm.js';`
      : `var module = { exports: {} }; importScripts('/index.cjs'); const create = module.exports.createTracker;`;
  return `${load}
    const problems = [];
    const fail = (event) => problems.push(String(event.reason ?? event.message));
    addEventListener('error', fail);
    addEventListener('unhandledrejection', fail);
    const tracker = create({ ...${options}, onError: ({ code }) => problems.push(code) });
    addEventListener('install', () => skipWaiting());
    addEventListener('activate', (event) => event.waitUntil(clients.claim()));
    const answer = async ({ data, ports: [port] }) => {
      const outcomes = await Promise.all(data.map((n) => tracker.track('visits', { n })));
      const pending = await tracker.pending();
      port.postMessage({ outcomes, pending, result: await tracker.flush(), problems });
    };
    addEventListener('message', answer);
    addEventListener('connect', ({ ports }) => (ports[0].onmessage = answer));`;
}

async function openPage(page: Page, site: Site, collector: Collector, form: Form) {
  const js = { 'content-type': 'text/javascript' };
  site.file('/worker.js', { body: workerScript(collector, form), headers: js });
  site.file('/outer.js', { body: OUTER.replace('FORM', form), headers: js });
  site.file('/index.cjs', { body: readFileSync(join(root, 'dist/index.cjs'), 'utf8'), headers: js });
  await page.goto(site.page('/place.html', html({})));
}

/** Starts a worker in the page, and sends it one message. */
const ask = (page: Page, start: string, numbers: number[]) =>
  page.evaluate(`(async () => {
    ${start}
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    go(${JSON.stringify(numbers)}, [port2]);
    return answer;
  })()`) as Promise<Answer>;

for (const [place, start] of Object.entries(STARTS)) {
  for (const form of FORMS) {
    test(`events are stored and delivered in ${place}, ${form}`, async ({ page, site, collector }) => {
      await openPage(page, site, collector, form);
      expect(await ask(page, start(form), [0, 1, 2])).toEqual({
        outcomes: ['stored', 'stored', 'stored'],
        pending: 3,
        result: { delivered: 3, kept: 0, givenUp: 0 },
        problems: [],
      });
      expect((await collector.events('visits')).map(({ n }) => n)).toEqual([0, 1, 2]);
    });
  }
}
