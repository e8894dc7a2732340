import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeEvent } from '../../testing/event.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import { openDuckDB } from './duckdb.ts';

test('a property is removed from more events than one transaction changes, while others arrive', async (t) => {
  const storage = await openDuckDB(join(temporaryFolder(t), 'events.duckdb'));
  t.after(() => storage.close());
  const make = (collection: string, properties: object) => makeEvent(collection, properties, Date.now());
  const read = async () => {
    const events: { n: number; secret?: string }[] = [];
    for await (const chunk of storage.query(extractionOf('things')))
      events.push(...chunk.map((text) => JSON.parse(text)));
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
  assert.ok(meanwhile > 1, `${meanwhile} events arrived meanwhile`);
  const events = await read();
  // Still in order of arrival.
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
