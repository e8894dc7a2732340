import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '../../model/durations.ts';
import type { Engine } from '../engines.ts';
import { makeRefusal } from '../refusal.ts';
import { openStorage } from '../storage.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');

/** The dashboard's figures, and the list of refusals. */
export function overviewSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  test(title('the newest events come first, and the revision changes with every event'), { skip }, async (t) => {
    const { storage, event, clock } = await openStorage(t, NOW, undefined, engine);
    const revision = storage.overview.revision();
    assert.deepEqual(await storage.overview.latestEvents(9), []);
    for (const n of [1, 2, 3]) {
      clock.now = NOW + n;
      await storage.append([event('things', { n })]);
    }
    assert.notEqual(storage.overview.revision(), revision);
    const latest = await storage.overview.latestEvents(2);
    assert.deepEqual(
      latest.map(({ id, collection, event }) => {
        const { n, keen } = JSON.parse(event) as { n: number; keen: { id: string } };
        return [n, collection, keen.id === id];
      }),
      [
        [3, 'things', true],
        [2, 'things', true],
      ],
    );
  });

  test(title('misdated events are counted by collection'), { skip }, async (t) => {
    const { storage } = await openStorage(t, NOW, undefined, engine);
    const at = (offset: number) => ({ keen: { timestamp: new Date(NOW + offset).toISOString() } });
    const { makeEvent } = await import('../event.ts');
    await storage.append(
      [0, DAY_MS, DAY_MS + 1, -3_653 * DAY_MS, -3_653 * DAY_MS - 1, -3_654 * DAY_MS].map((offset) =>
        makeEvent('odd', at(offset), NOW),
      ),
    );
    assert.deepEqual(await storage.overview.misdated('odd'), { future: 1, past: 2 });
    assert.deepEqual(await storage.overview.misdated('none'), { future: 0, past: 0 });
    assert.deepEqual((await storage.overview.collections(1)).misdated, { future: 1, past: 2 });
  });

  test(title('refusals are listed newest first, and a filter selects rows but not counts'), { skip }, async (t) => {
    const { storage } = await openStorage(t, NOW, undefined, engine);
    const { add, report } = storage.refusals;
    add(makeRefusal({ at: NOW, key: 'write', reason: 'InvalidApiKeyError: revoked' }));
    add(makeRefusal({ at: NOW + 1, key: 'write', reason: 'InvalidPropertyNameError ×2 of 3 events', status: 200 }));
    add(makeRefusal({ at: NOW + 2, key: 'read', route: '/ü😀', origin: 'https://shop.example' }));
    const newest = async (filter: object, limit = 9) => {
      const { newest, counts } = await report(limit, filter);
      assert.deepEqual(
        counts.map(({ key, code, times }) => `${key} ${code} ${times}`),
        ['read InvalidApiKeyError 1', 'write InvalidApiKeyError 1', 'write InvalidPropertyNameError 1'],
      );
      assert.deepEqual(
        newest.map(({ id }) => id),
        newest.map(({ id }) => id).toSorted((a, b) => b - a),
      );
      return newest.map(({ key, status, route, times }) => `${key} ${status} ${route} ${times}`);
    };
    const rows = ['read 401 /ü😀 1', 'write 200 /r 1', 'write 401 /r 1'];
    assert.deepEqual(await newest({}), rows);
    assert.deepEqual(await newest({ key: 'write' }), rows.slice(1));
    assert.deepEqual(await newest({ code: 'InvalidApiKeyError' }), [rows[0], rows[2]]);
    assert.deepEqual(await newest({ key: 'write', code: 'InvalidApiKeyError' }), [rows[2]]);
    assert.deepEqual(await newest({ key: 'master' }), []);
    assert.deepEqual(await newest({}, 1), [rows[0]]);
  });

  test(title('the name of a removed collection leaves the list of refusals'), { skip }, async (t) => {
    const { storage, event } = await openStorage(t, NOW, undefined, engine);
    await storage.append([event('a b', { n: 1 }), event('a', { n: 1 })]);
    for (const route of ['/events/a%20b', '/events/a', '/a b/x']) storage.refusals.add(makeRefusal({ at: NOW, route }));
    await storage.refusals.report(1);
    await storage.remove({ collection: 'a b', filters: [], timeframe: undefined });
    const routes = (await storage.refusals.report(9)).newest.map(({ route }) => route);
    assert.deepEqual(routes.sort(), ['/events/a', '/events/…', '/…/x']);
  });
}
