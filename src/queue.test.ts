import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import { type Item, timePart } from './event.ts';
import { checkOptions } from './options.ts';
import { createQueue } from './queue.ts';

test('what no tracker wrote is not taken for an event', async () => {
  const name = 'mailslot:shop';
  const settings = checkOptions({ projectId: 'shop', writeKey: 'write_good' });
  const make = () => createQueue(name, settings, () => true, (code) => assert.fail(`reported ${code}`));
  const item: Item = [`${timePart(Date.now())}-1-000000001`, 'visits', '{"page":"/"}'];
  const [, add] = make();
  assert.equal(await add(item), 'stored');

  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const [index, stranger] of ['text', 5, null, {}, [], ['visits']].entries()) store.put(stranger, `~${index}`);
  await promisifyRequest(store.transaction);
  db.close();

  const [, , , peek] = make();
  assert.deepEqual(await peek('', 9), [[item], '~5']);
});
