import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collector } from '../fixtures/collector.ts';
import type { Faults } from '../fixtures/faults.ts';
import { root } from '../fixtures/paths.ts';
import { escapeHtml, html, type Site } from '../fixtures/site.ts';
import { reportsTo } from '../reliability/steps.ts';
import type { Pollution } from './pollution.ts';

/** A property that the import's `extend` adds. */
export const EXTENDED = { page: 'npm' };
/** The collector answers a request with this event late, so that the page ends before the answer. */
const IN_FLIGHT = [4, 9];
const LATE_MS = 150;

/** What the pages of one journey have reported. */
export interface Travelogue {
  /** The JSON of each event whose `track()` was called, by its number; undefined if it has none. */
  events: Map<number, string | undefined>;
  outcomes: Map<number, string>;
  /** Errors and rejections that reached the page. */
  escaped: string[];
  /** What `createTracker()` threw. */
  refused: string[];
  /** Calls that failed or did not end. */
  stuck: string[];
  /** Console messages and calls of `onError`. */
  said: string[];
  /** Times at which consent was granted, one for each page that asked for it. */
  granted: number[];
  /** Events that waited after consent was denied. */
  left: string | undefined;
  done: boolean;
  /** Members of the platform that mailslot has used; see `page/record.js`. */
  uses: string[];
}

export interface JourneyServers {
  site: Site;
  collector: Collector;
  faults: Faults;
}

/** A script of `page/`. */
export const inPage = (name: string) => readFileSync(join(root, 'e2e/pollution/page', name), 'utf8');

/** Lets the collector answer late where the journey wants a request in flight. */
export function delayAnswers(faults: Faults): void {
  faults.always(({ body }) =>
    IN_FLIGHT.some((n) => body.includes(`"n":${n},`)) ? { forward: true, delay: LATE_MS } : undefined,
  );
}

/**
 * Puts the three pages of a journey on the site; the URL of the first. The first page has the stub and the script tag,
 * the second the import, and the third the script tag again. All have the pollution.
 */
export function makeJourney(servers: JourneyServers, pollution: Pollution, collection: string): string {
  const { site, collector, faults } = servers;
  site.file('/report', { body: '', status: 204 });
  for (const name of ['prelude.js', 'steps.js', 'wrap.js']) site.file(`/${name}`, { body: inPage(name) });
  for (const [index, library] of (pollution.libraries ?? []).entries())
    site.file(`/library-${index}.js`, { body: readFileSync(join(root, 'node_modules', library), 'utf8') });
  site.file('/pollution.js', { body: pollution.script ?? '' });

  const options = { projectId: collector.projectId, writeKey: collector.keys.write, endpoint: faults.url };
  const pending = { ...options, consent: 'pending', flushInterval: 50 };
  site.page('/1.html', page(pollution, collection, `${tag(pending)}${script(STUB_STEPS)}`));
  site.page('/2.html', page(pollution, collection, module(pending)));
  site.page('/3.html', page(pollution, collection, `${tag({ ...options, flushInterval: 50 })}${script(LAST_STEPS)}`));
  return `${site.url}/1.html`;
}

/** Two calls before the script has loaded; `load` comes after it. */
const STUB_STEPS = `
  // What the stub has handed out works for ever.
  const call = mailslot;
  const early = [journey.steps.track(call, 0), journey.steps.track(call, 1)];
  window.addEventListener('load', async () => {
    await early[0];
    journey.steps.visit(mailslot, call, 2, early[1], '/2.html');
  });`;

const LAST_STEPS = `
  const call = (collection, event) => mailslot(collection, event);
  const early = journey.steps.track(call, 11);
  window.addEventListener('load', () => journey.steps.lastVisit(mailslot, call, early));`;

const script = (source: string) => `<script>{${source}}</script>`;

/** The stub comes from a file, so that stack traces name it. */
function tag(options: object): string {
  const attributes = Object.entries(options).map(
    ([name, value]) =>
      `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${escapeHtml(String(value))}"`,
  );
  return `<script src="/stub.js"></script><script async src="/mailslot.js" ${attributes.join(' ')}></script>`;
}

const module = (options: object) => `<script type="module">
  import { createTracker } from '/npm.js';
  try {
    const tracker = createTracker({
      ...${JSON.stringify(options)},
      extend: () => (${JSON.stringify(EXTENDED)}),
      onError: ({ code, count, error }) => journey.report('said', 'onError: ' + code + ' ' + count + ' ' + journey.textOf(error)),
    });
    await journey.steps.visit(tracker, tracker.track, 7, journey.steps.track(tracker.track, 6), '/3.html');
  } catch (error) {
    journey.report('refused', journey.textOf(error));
    journey.goTo('/3.html');
  }
</script>`;

function page({ libraries = [], body = '' }: Pollution, collection: string, scripts: string): string {
  const files = ['prelude', 'wrap', ...libraries.map((_, index) => `library-${index}`), 'pollution'];
  return html({
    head: `<meta name="journey" data-collection="${escapeHtml(collection)}">
      ${files.map((name) => `<script src="/${name}.js"></script>`).join('\n')}
      <script>journey.start();</script>`,
    body: `${body}<script src="/steps.js"></script>${scripts}`,
  });
}

export function readTravelogue(site: Site): Travelogue {
  const reports = reportsTo(site).map(({ what, value }) => ({ what, text: String(value) }));
  const of = (wanted: string) => reports.filter(({ what }) => what === wanted).map(({ text }) => text);
  const numbered = (wanted: string) =>
    of(wanted).map((text) => {
      const [, n, rest] = /^(-?\d+) (.*)$/s.exec(text)!;
      return [Number(n), rest!] as const;
    });
  return {
    events: new Map(numbered('event').map(([n, json]) => [n, json === 'undefined' ? undefined : json])),
    outcomes: new Map(numbered('outcome')),
    escaped: of('escaped'),
    refused: of('refused'),
    stuck: of('stuck'),
    said: of('said'),
    granted: of('granting').map(Number),
    left: of('left')[0],
    done: of('done').length > 0,
    uses: [...new Set(of('uses'))].sort(),
  };
}
