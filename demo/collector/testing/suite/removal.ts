import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DAY_MS } from '../../model/durations.ts';
import type { Engine } from '../engines.ts';
import { extractionOf } from '../extraction.ts';
import { openStorage } from '../storage.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const all = (collection: string) => ({ collection, filters: [], timeframe: undefined });

interface Stored {
  n: number;
  [name: string]: unknown;
}

/** Removal of events and of properties. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function removalSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  async function open(t: TestContext, place?: string, now = NOW) {
    const opened = await openStorage(t, now, place, engine);
    const events = async (collection: string) => {
      const found: Stored[] = [];
      for await (const chunk of opened.storage.query(extractionOf(collection)))
        found.push(...chunk.map((text) => JSON.parse(text) as Stored));
      return found;
    };
    return { ...opened, events };
  }

  test(title('only the selected events are removed, and their collection leaves with the last one'), {
    skip,
  }, async (t) => {
    const { storage, event, events } = await open(t);
    await storage.append([0, 1, 2, 3].map((n) => event('things', { n })));
    await storage.append([event('others', { n: 9 })]);
    const condition = { property: 'n', operator: 'lt', operand: 2 } as const;
    await storage.remove({ ...all('things'), filters: [condition] });
    assert.deepEqual(
      (await events('things')).map(({ n }) => n),
      [2, 3],
    );
    assert.ok(storage.schema().has('things'));
    await storage.remove({ ...all('things'), timeframe: { start: NOW, end: NOW + 1 } });
    assert.deepEqual(await events('things'), []);
    assert.equal(storage.schema().has('things'), false);
    assert.equal((await events('others')).length, 1);
    assert.deepEqual(
      (await storage.overview.collections(9)).largest.map(({ name, events }) => [name, events]),
      [['others', 1]],
    );
    await storage.append([event('things', { late: true })]);
    assert.ok(storage.schema().get('things')!.has('late'));
    assert.equal(storage.schema().get('things')!.has('n'), false);
    assert.equal((await events('things')).length, 1);
  });

  test(title('an invalid regular expression removes nothing'), { skip }, async (t) => {
    const { storage, event, events } = await open(t);
    await storage.append([event('things', { text: 'x' })]);
    const condition = { property: 'text', operator: 'regex', operand: '(' } as const;
    await assert.rejects(storage.remove({ ...all('things'), filters: [condition] }), { code: 'InvalidParameterError' });
    assert.equal((await events('things')).length, 1);
  });

  test(title('a removed event that is sent again stays away, also after a restart'), { skip }, async (t) => {
    type Opened = Awaited<ReturnType<typeof open>>;
    const send = ({ send, event }: Opened) =>
      send(
        event('visits', { n: 1 }, 'token-of-another-client'),
        event('visits', { n: 2 }, 'lw8f3k2a1-79228162514264337593543950335-000000003'),
        event('others', { n: 3 }, 'token-of-another-client'),
      );
    const first = await open(t);
    assert.equal(await send(first), 3);
    await first.storage.remove(all('visits'));
    assert.equal(await send(first), 0);
    await first.close();

    const second = await open(t, first.file);
    assert.equal(await send(second), 0);
    assert.deepEqual(await second.events('visits'), []);
    // Another event of the page, and the same token in another collection, are new.
    assert.equal(
      await second.send(
        second.event('visits', { n: 4 }, 'lw8f3k2a1-79228162514264337593543950335-000000002'),
        second.event('more', { n: 5 }, 'token-of-another-client'),
      ),
      2,
    );
    // As long as a stored event's token.
    await second.close();
    const later = await open(t, first.file, NOW + 32 * DAY_MS);
    assert.equal(await later.send(later.event('visits', { n: 1 }, 'token-of-another-client')), 1);
  });

  test(title('removals of the same events at the same time all succeed, and others stay'), { skip }, async (t) => {
    const { storage, event, events } = await open(t);
    await storage.append(
      Array.from({ length: 300 }, (_, n) => event(n % 3 ? 'things' : 'diaries', { n }, `token-${n}`)),
    );
    await Promise.all([1, 2, 3].map(() => storage.remove(all('diaries'))));
    assert.deepEqual(await events('diaries'), []);
    assert.equal((await events('things')).length, 200);
  });

  test(title('events that arrive during a removal of the same token are never stored twice'), { skip }, async (t) => {
    const { storage, event, events, send } = await open(t);
    assert.equal(await send(event('visits', {}, 'one-token')), 1);
    let removed = false;
    const removal = storage.remove(all('visits')).finally(() => (removed = true));
    let stored = 0;
    do stored += await send(event('visits', {}, 'one-token'));
    while (!removed);
    await removal;
    assert.equal(stored, 0);
    assert.deepEqual(await events('visits'), []);
  });

  test(title('a property is removed with all that is nested in it, and nothing else changes'), { skip }, async (t) => {
    const { storage, event, events } = await open(t);
    const rich = { n: 1, user: { id: 'x', deep: { a: 1 } }, list: [{}.toString()], text: 'ü😀"\\', none: null };
    await storage.append([
      event('things', rich, 't'),
      event('things', { n: 2, user: 'somebody' }),
      event('things', { n: 3 }),
      event('others', rich),
    ]);
    const before = await events('things');
    await storage.remove({ collection: 'things', property: 'user.deep' });
    const { deep: _, ...user } = rich.user;
    const expected = before.map((one) => (one.n === 1 ? { ...one, user } : one));
    assert.deepEqual(await events('things'), expected);
    assert.deepEqual([...storage.schema().get('things')!.keys()].filter((path) => path.startsWith('user')).sort(), [
      'user',
      'user.id',
    ]);

    await storage.remove({ collection: 'things', property: 'user' });
    assert.deepEqual(
      await events('things'),
      before.map(({ user: _, ...one }) => one),
    );
    assert.ok([...storage.schema().get('things')!.keys()].every((path) => !path.startsWith('user')));
    await storage.append([event('things', { user: { id: 1 } })]);
    assert.equal(storage.schema().get('things')!.get('user.id'), 'num');
    assert.deepEqual((await events('others'))[0]!.user, rich.user);
    assert.ok(storage.schema().get('others')!.has('user.deep.a'));
  });

  test(title('a property is removed from more events than one step changes'), { skip }, async (t) => {
    const { storage, event, events } = await open(t);
    await storage.append(Array.from({ length: 11_000 }, (_, n) => event('things', { n, secret: 'x' })));
    await storage.remove({ collection: 'things', property: 'secret' });
    const left = await events('things');
    assert.deepEqual(
      left.map(({ n }) => n),
      left.map((_, n) => n),
    );
    assert.ok(left.every((one) => !('secret' in one)));
    assert.equal(left.length, 11_000);
  });
}
