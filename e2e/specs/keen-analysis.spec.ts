// Keen's own query client from npm, in Chromium against the built collector. The answers are compared with results that
// the tests compute from the recorded events. (In Node that client supports only HTTPS on port 443.)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../fixtures/paths.ts';
import { test as base, type Collector, expect, html } from '../fixtures/test.ts';

declare global {
  interface Window {
    // The client has no types.
    KeenAnalysis: new (
      config: object,
    ) => any;
    reader: any;
  }
}

const HOUR = 3_600_000;
// The page's time zone: the client sends its offset with each query without one.
const OFFSET = -5 * HOUR;
/** Midnight in Lima, which has no summer time, a number of days ago. */
const midnight = (daysAgo: number) => (Math.floor((Date.now() + OFFSET) / (24 * HOUR)) - daysAgo) * 24 * HOUR - OFFSET;

interface Sale {
  item: string;
  price: number;
  buyer: { id: string; country: string | null };
  tags: string[];
  time: number;
}

/** Sixty sales, at most ten days old, one every four hours. */
const SALES: Sale[] = Array.from({ length: 60 }, (_, n) => ({
  item: ['stamp', 'ink', 'envelope'][n % 3]!,
  price: ((n * 37) % 23) + 0.25,
  buyer: { id: `buyer-${(n * 7) % 11}`, country: ['PE', 'FR', null][(n >> 2) % 3]! },
  tags: n % 5 ? ['plain'] : ['gift', 'sale'],
  time: midnight(10) + n * 4 * HOUR,
}));
const VIEWS = Array.from({ length: 14 }, (_, n) => ({ buyer: { id: `buyer-${n}` }, time: midnight(3) + n * HOUR }));

const stored = ({ time, ...own }: { time: number }) => ({ ...own, keen: { timestamp: new Date(time).toISOString() } });
const iso = (time: number) => new Date(time).toISOString();
const WEEK = { start: iso(midnight(8)), end: iso(midnight(1)) };
const inWeek = SALES.filter(({ time }) => time >= midnight(8) && time < midnight(1));
const gifts = { property_name: 'tags', operator: 'contains', property_value: 'gift' };
const isGift = ({ tags }: Sale) => tags.includes('gift');

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
const prices = (sales: Sale[]) => sales.map(({ price }) => price).sort((a, b) => a - b);
const unique = <T>(values: T[]) => [...new Set(values)];
function groupBy<T>(list: T[], keyOf: (one: T) => string | null): [string | null, T[]][] {
  const keys = unique(list.map(keyOf)).sort((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1));
  return keys.map((key) => [key, list.filter((one) => keyOf(one) === key)]);
}

type Parameters = Record<string, unknown>;
interface Reader {
  /** Calls the client's `query`; its whole answer, or `{ failed }`. */
  query(parameters: Parameters): Promise<any>;
  /** Evaluates an expression in the page: `reader` is the client, `given` the argument. */
  call(body: string, given?: unknown): Promise<any>;
}

const test = base.extend<{ reader: Reader }>({
  timezoneId: 'America/Lima',
  reader: async ({ page, site, collector }, use) => {
    const bulk = { sales: SALES.map(stored), views: VIEWS.map(stored) };
    expect(
      (await collector.request('/events', { method: 'POST', body: JSON.stringify(bulk), key: collector.keys.write }))
        .status,
    ).toBe(200);
    site.file('/keen-analysis.js', {
      body: readFileSync(join(root, 'node_modules/keen-analysis/dist/keen-analysis.min.js'), 'utf8'),
    });
    site.page('/report.html', html({ title: 'A report', body: '<script src="/keen-analysis.js"></script>' }));
    await page.goto(`${site.url}/report.html`);
    await page.evaluate((config) => void (window.reader = new window.KeenAnalysis(config)), settings(collector));
    const call = (body: string, given?: unknown) =>
      page.evaluate(
        ([body, given]) =>
          new Function('reader', 'given', `return ${body}`)(window.reader, given).catch((failed: unknown) => ({
            failed: failed instanceof Error ? String(failed) : failed,
          })),
        [body, given] as const,
      );
    await use({ call, query: (parameters) => call('reader.query(given)', parameters) });
  },
});

const settings = ({ projectId, keys, url }: Collector) => ({
  projectId,
  readKey: keys.read,
  host: new URL(url).host,
  protocol: 'http',
});

test('each analysis has the result of the recorded events', async ({ reader }) => {
  const sorted = prices(inWeek);
  const mean = sum(sorted) / sorted.length;
  const rank = (sorted.length - 1) * 0.9;
  const expected: [string, Parameters, unknown][] = [
    ['count', {}, inWeek.length],
    ['count', { filters: [gifts] }, inWeek.filter(isGift).length],
    ['count_unique', { target_property: 'buyer.id' }, unique(inWeek.map(({ buyer }) => buyer.id)).length],
    ['sum', { target_property: 'price' }, sum(sorted)],
    ['average', { target_property: 'price' }, mean],
    ['minimum', { target_property: 'price' }, sorted[0]],
    ['maximum', { target_property: 'price' }, sorted.at(-1)],
    ['median', { target_property: 'price' }, (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2],
    [
      'percentile',
      { target_property: 'price', percentile: 90 },
      sorted[Math.floor(rank)]! + (sorted[Math.ceil(rank)]! - sorted[Math.floor(rank)]!) * (rank % 1),
    ],
    [
      'standard_deviation',
      { target_property: 'price' },
      Math.sqrt(sum(sorted.map((price) => (price - mean) ** 2)) / sorted.length),
    ],
  ];
  expect(inWeek.length % 2).toBe(0);
  for (const [analysis_type, more, value] of expected) {
    const answer = await reader.query({ analysis_type, event_collection: 'sales', timeframe: WEEK, ...more });
    expect(answer.result, analysis_type).toBeCloseTo(value as number, 9);
    expect(answer.query, 'the client repeats the query').toMatchObject({
      analysis_type,
      event_collection: 'sales',
    });
  }
  const { result } = await reader.query({
    analysis_type: 'select_unique',
    event_collection: 'sales',
    timeframe: WEEK,
    target_property: 'item',
  });
  expect(result.sort()).toEqual(['envelope', 'ink', 'stamp']);
  // The client also takes camel case, and has an older form.
  expect((await reader.query({ analysisType: 'count', eventCollection: 'sales', timeframe: WEEK })).result).toBe(
    inWeek.length,
  );
  expect(
    (await reader.call(`reader.query('count', given)`, { event_collection: 'sales', timeframe: WEEK })).result,
  ).toBe(inWeek.length);
});

test('groups, intervals and their order match the recorded events', async ({ reader }) => {
  const sumOfPrices = { analysis_type: 'sum', event_collection: 'sales', target_property: 'price', timeframe: WEEK };
  const byCountry = groupBy(inWeek, ({ buyer }) => buyer.country);
  const sums = byCountry.map(([country, sales]) => ({ 'buyer.country': country, result: sum(prices(sales)) }));
  expect((await reader.query({ ...sumOfPrices, group_by: 'buyer.country' })).result).toEqual(sums);
  expect(
    (
      await reader.query({
        ...sumOfPrices,
        group_by: ['buyer.country'],
        order_by: { property_name: 'result', direction: 'DESC' },
        limit: 2,
      })
    ).result,
  ).toEqual([...sums].sort((a, b) => b.result - a.result).slice(0, 2));

  const daily = Array.from({ length: 7 }, (_, n) => [midnight(8 - n), midnight(7 - n)] as const).map(
    ([start, end]) => ({
      sales: inWeek.filter(({ time }) => time >= start && time < end),
      timeframe: { start: iso(start), end: iso(end) },
    }),
  );
  expect((await reader.query({ ...sumOfPrices, interval: 'daily' })).result).toEqual(
    daily.map(({ sales, timeframe }) => ({ value: sum(prices(sales)), timeframe })),
  );
  const counts = await reader.query({
    ...sumOfPrices,
    analysis_type: 'count',
    timeframe: 'previous_7_days',
    interval: 'daily',
    group_by: ['item', 'buyer.country'],
  });
  expect(counts.result.map(({ timeframe }: { timeframe: object }) => timeframe)).toEqual(
    Array.from({ length: 7 }, (_, n) => ({ start: iso(midnight(7 - n)), end: iso(midnight(6 - n)) })),
  );
  for (const { value, timeframe } of counts.result) {
    const sales = SALES.filter(({ time }) => iso(time) >= timeframe.start && iso(time) < timeframe.end);
    const groups = groupBy(sales, ({ item, buyer }) => `${item} ${buyer.country}`).map(([, some]) => ({
      item: some[0]!.item,
      'buyer.country': some[0]!.buyer.country,
      result: some.length,
    }));
    expect(new Set(value.map((row: object) => JSON.stringify(row, ['item', 'buyer.country', 'result'])))).toEqual(
      new Set(groups.map((row) => JSON.stringify(row, ['item', 'buyer.country', 'result']))),
    );
  }
});

test('an extraction, a funnel and a multi-analysis match the recorded events', async ({ reader }) => {
  const extraction = await reader.query({
    analysis_type: 'extraction',
    event_collection: 'sales',
    timeframe: WEEK,
    filters: [gifts],
    property_names: ['item', 'buyer.id', 'keen.timestamp'],
  });
  expect(extraction.result).toEqual(
    inWeek
      .filter(isGift)
      .map(({ item, buyer: { id }, time }) => ({ item, buyer: { id }, keen: { timestamp: iso(time) } })),
  );
  const latest = await reader.query({
    analysis_type: 'extraction',
    event_collection: 'sales',
    timeframe: WEEK,
    latest: 3,
    property_names: 'price',
  });
  expect(latest.result).toEqual(
    inWeek
      .slice(-3)
      .reverse()
      .map(({ price }) => ({ price })),
  );

  const viewers = unique(VIEWS.map(({ buyer }) => buyer.id));
  const buyers = (sales: Sale[]) => unique(sales.map(({ buyer }) => buyer.id));
  const gifted = buyers(inWeek.filter(isGift));
  const step = (event_collection: string, more: object = {}) => ({
    event_collection,
    actor_property: 'buyer.id',
    timeframe: WEEK,
    ...more,
  });
  const funnel = await reader.query({
    analysis_type: 'funnel',
    steps: [
      step('views', { timeframe: undefined, with_actors: true }),
      step('sales', { filters: [gifts], optional: true }),
      step('sales', { filters: [gifts], inverted: true }),
    ],
  });
  expect(funnel.result).toEqual([
    viewers.length,
    viewers.filter((id) => gifted.includes(id)).length,
    viewers.filter((id) => !gifted.includes(id)).length,
  ]);
  expect(funnel.actors[0].sort()).toEqual(viewers.sort());
  expect(
    funnel.steps.map((one: Parameters) => [one.event_collection, one.actor_property, one.inverted, one.optional]),
  ).toEqual([
    ['views', 'buyer.id', false, false],
    ['sales', 'buyer.id', false, true],
    ['sales', 'buyer.id', true, false],
  ]);

  const analyses = {
    sold: { analysis_type: 'count' },
    turnover: { analysis_type: 'sum', target_property: 'price' },
    'dearest gift': { analysis_type: 'maximum', target_property: 'price', filters: [gifts] },
  };
  const figures = (sales: Sale[]) => ({
    sold: sales.length,
    turnover: sum(prices(sales)),
    'dearest gift': prices(sales.filter(isGift)).at(-1) ?? null,
  });
  expect(
    (await reader.query({ analysis_type: 'multi_analysis', event_collection: 'sales', timeframe: WEEK, analyses }))
      .result,
  ).toEqual(figures(inWeek));
  expect(
    (
      await reader.query({
        analysis_type: 'multi_analysis',
        event_collection: 'sales',
        timeframe: WEEK,
        analyses,
        group_by: 'item',
      })
    ).result,
  ).toEqual(groupBy(inWeek, ({ item }) => item).map(([item, sales]) => ({ item, ...figures(sales) })));
});

test('the client reads the schema, deletes with a Master key, and gets the reason of a refusal', async ({
  reader,
  collector,
}) => {
  const schema = await reader.call(
    `reader.get({ url: reader.url('events', 'views'), api_key: given })`,
    collector.keys.read,
  );
  expect(schema.properties).toMatchObject({ 'buyer.id': 'string', 'keen.timestamp': 'datetime' });
  const got = await reader.call(
    `reader.get({ url: reader.url('queries', 'count'), api_key: given.key, params: given.params })`,
    {
      key: collector.keys.read,
      params: { event_collection: 'sales', timeframe: WEEK, filters: [gifts] },
    },
  );
  expect(got.result).toBe(inWeek.filter(isGift).length);

  expect(await reader.query({ analysis_type: 'sum', event_collection: 'sales' })).toEqual({
    failed: expect.objectContaining({
      ok: false,
      status: 400,
      error_code: 'InvalidParameterError',
      body: expect.stringContaining('target_property'),
    }),
  });
  const remove = `reader.del({ url: reader.url('events', 'sales'), api_key: given.key, filters: given.filters, timeframe: given.timeframe, timezone: 'America/Lima' })`;
  expect(await reader.call(remove, { key: collector.keys.read, filters: [gifts] })).toEqual({
    failed: expect.objectContaining({ status: 403, error_code: 'AdminOnlyEndpointError' }),
  });
  expect(
    await reader.call(remove, { key: collector.keys.master, filters: [gifts], timeframe: 'previous_2_days' }),
  ).toEqual({});
  const left = SALES.filter((sale) => !(isGift(sale) && sale.time >= midnight(2) && sale.time < midnight(0)));
  expect(left.length).toBeLessThan(SALES.length);
  expect((await collector.events('sales')).map(({ price }) => price)).toEqual(left.map(({ price }) => price));
  expect(
    await reader.call(
      `reader.del({ url: reader.url('events', 'sales', 'properties', 'buyer.id'), api_key: given })`,
      collector.keys.master,
    ),
  ).toEqual({});
  expect(await collector.events('sales').then(([sale]) => sale!.buyer)).toEqual({ country: SALES[0]!.buyer.country });
});
