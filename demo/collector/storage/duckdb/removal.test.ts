import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepare } from '../../events/prepare.ts';
import { arriving } from '../../testing/arrival.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import { openDuckDB } from './duckdb.ts';

test('a property is removed from more events than one transaction takes, while others come in', async (t) => {
  const storage = await openDuckDB(join(temporaryFolder(t), 'events.duckdb'));
  t.after(() => storage.close());
  const make = (collection: string, properties: object) => {
    const outcome = prepare(collection, properties, arriving(Date.now()));
    if ('problem' in outcome) throw new Error(outcome.problem.name);
    return outcome.event;
  };
  const read = async () => {
    const events: { n: number; secret?: string }[] = [];
    const everything = {
      type: 'extraction' as const,
      collection: 'things',
      filters: [],
      timeframe: undefined,
      latest: undefined,
      properties: undefined,
    };
    for await (const chunk of storage.query(everything)) events.push(...chunk.map((text) => JSON.parse(text)));
    return events;
  };
  const before = Array.from({ length: 41_000 }, (_, n) => make(n % 2 ? 'things' : 'others', { n, secret: 'x' }));
  await storage.append(before);

  let removed = false;
  const removal = storage.remove({ collection: 'things', property: 'secret' }).finally(() => (removed = true));
  let meanwhile = 0;
  while (!removed) {
    await storage.append([make('things', { n: 41_000 + meanwhile })]);
    meanwhile++;
  }
  await removal;
  assert.ok(meanwhile > 1, `${meanwhile} events came in meanwhile`);
  const events = await read();
  // In the order in which they arrived, still.
  assert.deepEqual(
    events.map(({ n }) => n),
    [
      ...Array.from({ length: 20_500 }, (_, n) => 2 * n + 1),
      ...Array.from({ length: meanwhile }, (_, n) => 41_000 + n),
    ],
  );
  assert.ok(events.every(({ secret }) => secret === undefined));
  assert.equal(storage.schema().get('things')!.has('secret'), false);
  assert.equal(storage.schema().get('others')!.get('secret'), 'string');
});
