import { isDeepStrictEqual } from 'node:util';
import { until } from '../../scripts/testing/until.ts';
import type { Collector } from '../fixtures/collector.ts';
import type { Faults } from '../fixtures/faults.ts';
import { EXTENDED, type Travelogue } from './journey.ts';
import type { Pollution } from './pollution.ts';

/** The numbers of a journey's events. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/** It comes after consent was denied. */
const DENIED = -1;
const ARRIVAL_MS = 8_000;
const MAX_AGE_MS = 120_000;

type Content = Record<string, unknown>;

interface Parts {
  pollution: Pollution;
  collection: string;
  collector: Collector;
  faults: Faults;
}

/** The events of the page with the import. */
const isImport = (n: number) => n >= 6 && n <= 10;

/** The content with which an event must arrive; undefined if its JSON is no object with members. */
function expectedContent(n: number, json: string | undefined): Content | undefined {
  if (!json?.startsWith('{"')) return undefined;
  return { ...(isImport(n) ? EXTENDED : {}), ...(JSON.parse(json) as Content) };
}

/** What is wrong with a journey, one line each: compares what the collector has with what the pages have tracked. */
export async function problemsOf(log: Travelogue, parts: Parts): Promise<string[]> {
  const { pollution, collection, collector } = parts;
  const wanted = new Map(
    NUMBERS.map((n) => [n, expectedContent(n, log.events.get(n))] as const).filter(([, content]) => content),
  );
  const arrived = async () => ((await collector.count(collection)) ? await collector.events(collection) : []);
  // A page that ends sends what only its memory holds. Whether all has arrived is checked below.
  await until(
    'the events to arrive',
    async () => pollution.keeps || (await arrived()).length >= wanted.size,
    ARRIVAL_MS,
  ).catch(() => {});
  const events = (await arrived()) as unknown as (Content & { keen: Content })[];

  const lost = [...wanted.keys()].filter((n) => !events.some((event) => event['n'] === n));
  const reported = log.said.flatMap(
    (text) => /"(?:evicted|rejected)","count":(\d+)|: (?:evicted|rejected) (\d+)/.exec(text)?.slice(1) ?? [],
  );
  const isAllReported = reported.reduce((sum, count) => sum + Number(count ?? 0), 0) >= lost.length;
  /** It says that it cannot work: in words of the tracker's own, or what has failed. */
  const isRefusal = (text: string) =>
    Boolean(pollution.loses) &&
    /^((Type|Key)?Error: mailslot: |SecurityError: (atob|unescape|setTimeout) fails)/.test(text);
  const mayWarn =
    pollution.loses || pollution.givesUp || pollution.keeps || pollution.warns || wanted.size < log.events.size - 1;
  return [
    ...log.escaped.map((text) => `escaped: ${text}`),
    ...log.refused.filter((text) => !isRefusal(text)).map((text) => `createTracker() throws ${text}`),
    ...log.stuck
      .filter((text) => !isRefusal(text.replace(/^.* rejects: /, '')))
      .filter((text) => !pollution.keeps || !/^\d+ events stay$/.test(text)),
    ...(mayWarn ? [] : log.said.map((text) => `said: ${text}`)),
    ...(log.done ? [] : ['the journey did not end']),
    ...NUMBERS.filter((n) => !log.events.has(n) && !(isImport(n) && log.refused.some(isRefusal))).map(
      (n) => `event ${n} was not tracked`,
    ),
    ...(log.outcomes.get(DENIED) === 'dropped' ? [] : [`after a denial: ${log.outcomes.get(DENIED)}`]),
    ...(log.left === '0' ? [] : [`${log.left} events were left after a denial`]),
    ...lost
      .filter(
        (n) =>
          !pollution.keeps &&
          !(pollution.givesUp && isAllReported) &&
          (!pollution.loses || log.outcomes.get(n) === 'stored' || !log.said.length),
      )
      .map((n) => `event ${n} (${log.outcomes.get(n)}) was lost`),
    ...contentProblems(events, wanted),
    ...consentProblems(log, parts),
  ];
}

function contentProblems(events: (Content & { keen: Content })[], wanted: Map<number, Content | undefined>) {
  return events.flatMap(({ keen, ...content }, index) => {
    const n = content['n'] as number;
    const right = wanted.get(n);
    const hasTime = Math.abs(Date.parse(String(keen['timestamp'])) - Date.now()) < MAX_AGE_MS;
    return [
      ...(events.findIndex((other) => other['n'] === n) < index ? [`event ${n} arrived twice`] : []),
      ...(isDeepStrictEqual(content, right)
        ? []
        : [`arrived: ${JSON.stringify(content)} not ${JSON.stringify(right)}`]),
      ...(hasTime ? [] : [`event ${n} has the time ${String(keen['timestamp'])}`]),
    ];
  });
}

/** No request may leave before the page has asked for it. */
function consentProblems({ granted }: Travelogue, { collection, faults }: Parts): string[] {
  const posts = faults.posts.filter(({ body }) => body.includes(`"${collection}":`));
  return posts.some(({ at }) => at < granted[0]!) ? ['a request left before consent'] : [];
}
