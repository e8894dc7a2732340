import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Extraction, Json, Page, Query } from '../../model/query.ts';
import { parseAnalysis, parseMultiAnalysis } from '../../queries/parse-analysis.ts';
import { parseFunnel } from '../../queries/parse-funnel.ts';
import type { Engine } from '../engines.ts';
import { extractionOf } from '../extraction.ts';
import { openStorage } from '../storage.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
type AnalysisType = Parameters<typeof parseAnalysis>[0];

const CONTEXT = { now: NOW, forcedFilters: [] };

/** Answers that random queries over random events do not reach. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function queriesSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  async function open(t: TestContext) {
    const opened = await openStorage(t, NOW, undefined, engine);
    const { storage } = opened;
    const rows = async (query: Query) => {
      const all: unknown[] = [];
      for await (const chunk of storage.query(query as Query & { type: 'extraction' })) all.push(...chunk);
      return all;
    };
    const value = async (type: AnalysisType, target_property: string, more: object = {}): Promise<Json> => {
      const { query } = parseAnalysis(type, { event_collection: 'things', target_property, ...more }, CONTEXT);
      return ((await rows(query)) as { values: Json[] }[])[0]!.values[0]!;
    };
    return { ...opened, rows, value };
  }

  test(title('the pages of an extraction hold each event once, also while others arrive'), { skip }, async (t) => {
    const { storage, event, rows, clock } = await open(t);
    // Several for each time of arrival, because a page can end among them.
    for (let at = 0; at < 4; at++) {
      clock.now = NOW + at;
      await storage.append(Array.from({ length: 5 }, (_, n) => event('things', { n: at * 5 + n })));
    }
    const found: number[] = [];
    let after: Page['after'];
    for (let pages = 0; ; pages++) {
      assert.ok(pages < 9);
      const query: Extraction = { ...extractionOf('things'), page: { size: 3, until: NOW + 3, after } };
      const events = ((await rows(query)) as string[]).map(
        (text) => JSON.parse(text) as { n: number; keen: { id: string; created_at: string } },
      );
      const page = events.slice(0, 3);
      found.push(...page.map(({ n }) => n));
      if (events.length <= 3) break;
      const { created_at, id } = page.at(-1)!.keen;
      after = { createdAt: Date.parse(created_at), id };
      clock.now = NOW + 10 + pages;
      await storage.append([event('things', { n: 100 + pages })]);
    }
    assert.deepEqual(
      found,
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  test(title('a sum of prices is a price, and times are extremes too'), { skip }, async (t) => {
    const { storage, event, value } = await open(t);
    const prices = [0.1, 0.2, 19.99, 1e-7, 3, null, '7'];
    await storage.append(prices.slice(0, 3).map((price) => event('things', { price })));
    assert.equal(await value('sum', 'price'), 20.29);
    await storage.append(prices.slice(3).map((price) => event('things', { price })));
    assert.ok(Math.abs((await value('sum', 'price')) as number) - 23.2900001 < 1e-9);
    assert.equal(await value('minimum', 'price'), 1e-7);
    assert.equal(await value('count_unique', 'price'), 6);
    assert.deepEqual(await value('select_unique', 'price'), [1e-7, 0.1, 0.2, 3, 19.99, '7']);
    assert.equal(await value('maximum', 'keen.timestamp'), new Date(NOW).toISOString());
    assert.equal(await value('average', 'nowhere'), null);
    assert.equal(await value('sum', 'nowhere'), 0);
    assert.deepEqual(await value('select_unique', 'nowhere'), []);
    assert.equal(await value('percentile', 'nowhere', { percentile: 50 }), null);
  });

  test(title('a dot of a regular expression matches no line break, and an anchor the whole text'), {
    skip,
  }, async (t) => {
    const { storage, event, rows } = await open(t);
    await storage.append(['a\nb', 'axb', 'a', 'b\na', 'A'].map((text) => event('things', { text })));
    const found = async (operand: string) => {
      const filters = [{ property: 'text', operator: 'regex', operand } as const];
      const events = (await rows({ ...extractionOf('things'), filters })) as string[];
      return events.map((text) => (JSON.parse(text) as { text: string }).text);
    };
    assert.deepEqual(await found('a.b'), ['axb']);
    assert.deepEqual(await found('(?s)a.b'), ['a\nb', 'axb']);
    assert.deepEqual(await found('^a$'), ['a']);
    assert.deepEqual(await found('(?m)^a$'), ['a\nb', 'a', 'b\na']);
    assert.deepEqual(await found('(?i)^A$'), ['a', 'A']);
    assert.deepEqual(await found(''), ['a\nb', 'axb', 'a', 'b\na', 'A']);
  });

  test(title('names of properties can be any, and values any text'), { skip }, async (t) => {
    const { storage, event, rows, value } = await open(t);
    const names = [
      'a b',
      'ü',
      '0',
      "x') OR 1=1 --",
      '`',
      '\\',
      '"',
      '{p0:String}',
      '__proto__',
      'event',
      'a\u2028b',
      '/~',
    ];
    const texts = ['\u2028', '\u0000', '\\', '/', '</script>', '\ud83d\ude00', '\u007f', '\t\r\n', '{}', '\\u0041'];
    await storage.append(names.flatMap((name) => texts.map((text) => event('things', { [name]: { [name]: text } }))));
    for (const name of names) {
      assert.equal(await value('count_unique', `${name}.${name}`), texts.length, name);
      assert.deepEqual(new Set((await value('select_unique', `${name}.${name}`)) as string[]), new Set(texts), name);
    }
    for (const operand of texts) {
      const filters = [{ property: 'a b.a b', operator: 'eq', operand } as const];
      assert.equal((await rows({ ...extractionOf('things'), filters })).length, 1, JSON.stringify(operand));
    }
  });

  test(title('a funnel lists its actors, and several analyses share a query'), { skip }, async (t) => {
    const { storage, event, rows } = await open(t);
    await storage.append([
      event('visits', { who: 'b' }),
      event('visits', { who: 'a' }),
      event('visits', { who: 10 }),
      event('orders', { who: 'a', price: 5 }),
      event('orders', { who: 10, price: 7.5 }),
      event('orders', { who: 'z', price: 1 }),
    ]);
    const step = (event_collection: string) => ({ event_collection, actor_property: 'who', with_actors: true });
    const { query } = parseFunnel({ steps: [step('visits'), step('orders')] }, CONTEXT);
    const found = (await rows(query)) as { count: number; actors: Json[] }[];
    assert.deepEqual(
      found.map(({ count, actors }) => [count, new Set(actors)]),
      [
        [3, new Set(['a', 'b', 10])],
        [2, new Set(['a', 10])],
      ],
    );
    const analyses = {
      all: { analysis_type: 'count' },
      dear: {
        analysis_type: 'average',
        target_property: 'price',
        filters: [{ property_name: 'price', operator: 'gt', property_value: 2 }],
      },
    };
    const several = parseMultiAnalysis({ event_collection: 'orders', analyses, group_by: 'who' }, CONTEXT);
    assert.deepEqual(await rows(several.query), [
      { slice: 0, group: [10], values: [1, 7.5] },
      { slice: 0, group: ['a'], values: [1, 5] },
      { slice: 0, group: ['z'], values: [1, null] },
    ]);
  });
}
