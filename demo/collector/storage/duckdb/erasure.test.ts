import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { extractionOf } from '../../testing/extraction.ts';
import { makeRefusal } from '../../testing/refusal.ts';
import { openStorage, type TestStorage } from '../../testing/storage.ts';
import { markErasure } from './erasure.ts';
import { openFile } from './open-file.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const TIMEOUT_MS = 60_000;

/** The bytes of a file; none if it is missing, as a log during its checkpoint. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    return Buffer.alloc(0);
  }
}

/** Texts that are in the bytes of the file or of its log. */
function found(file: string, texts: string[]): string[] {
  const bytes = [file, `${file}.wal`].map(readIfThere);
  return texts.filter((text) => bytes.some((one) => one.includes(text)));
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !condition(); await sleep(50))
    assert.ok(Date.now() < end, `${what} within ${TIMEOUT_MS} ms`);
}

/** A file in which one event of a hundred is to be erased. It is closed and opened, so that all of it is in the file. */
async function fill(t: TestContext, count = 3_000): Promise<TestStorage> {
  const first = await openStorage(t, NOW);
  const events = Array.from({ length: count }, (_, n) =>
    n % 100 === 7
      ? first.event('zz-diaries', { secret: `confession-${n}` }, `diary-token-${n}`)
      : first.event('things', { n: `thing-${n}` }, `thing-token-${n}`),
  );
  await first.storage.append(events);
  await first.close();
  assert.deepEqual(found(first.file, ['zz-diaries', 'diary-token', 'thing-token']).length, 3);
  return openStorage(t, NOW, first.file);
}

const all = (collection: string) => ({ collection, filters: [], timeframe: undefined });

async function count({ storage }: TestStorage, collection: string): Promise<number> {
  let events = 0;
  for await (const chunk of storage.query(extractionOf(collection))) events += chunk.length;
  return events;
}

test('the bytes of a removed collection leave the file and its log, while it is open and after a stop', async (t) => {
  const opened = await fill(t);
  // The list of refusals names collections too.
  const refusal = makeRefusal({ at: NOW, route: '/3.0/projects/p/events/zz-diaries' });
  opened.storage.refusals.add(refusal);
  await opened.storage.refusals.report(1); // stores it
  opened.storage.refusals.add(refusal);
  await opened.storage.append([opened.event('zz-diaries', {}, 'diary-token-7')]); // a repeat, which is counted
  assert.ok(found(opened.file, ['zz-diaries']).length);
  await opened.storage.remove(all('zz-diaries'));
  // Statistics keep the first eight characters of the first and the last name.
  const erased = ['zz-diaries', 'confession-', 'diary-token'];
  await until(() => !found(opened.file, erased).length, 'erased');
  assert.equal(await count(opened, 'things'), 2_970);
  const { newest } = await opened.storage.refusals.report(9);
  assert.deepEqual(
    newest.map(({ route, times }) => [route, times]),
    [['/3.0/projects/p/events/…', 2]],
  );
  await opened.close();
  assert.deepEqual(found(opened.file, [...erased, 'thing-token']), ['thing-token']);
  const again = await openStorage(t, NOW, opened.file);
  assert.deepEqual([await count(again, 'things'), await count(again, 'zz-diaries')], [2_970, 0]);
  await again.close();
});

test('a stop erases the bytes of a removal just before it', async (t) => {
  const opened = await fill(t);
  await opened.storage.remove({
    collection: 'zz-diaries',
    filters: [{ property: 'secret', operator: 'contains', operand: 'confession-' }],
    timeframe: undefined,
  });
  await opened.close();
  assert.deepEqual(found(opened.file, ['confession-', 'diary-token']), []);
});

test('a start completes an erasure that a kill has interrupted', async (t) => {
  const opened = await fill(t);
  await opened.close();
  // The state after the transaction of the removal.
  const database = await openFile(opened.file, NOW);
  const connection = await database.connect();
  await connection.run(`UPDATE events SET collection = '' WHERE collection = 'zz-diaries'`);
  await markErasure(connection);
  connection.closeSync();
  database.closeSync();
  assert.deepEqual(found(opened.file, ['diary-token']), ['diary-token']);

  const again = await openStorage(t, NOW, opened.file);
  await until(() => !found(opened.file, ['diary-token']).length, 'erased');
  await again.close();
});

test('a removed property leaves the file', async (t) => {
  const opened = await fill(t);
  await opened.storage.append([opened.event('things', { mark: 'blemish-4711', long: 'x' }, 'marked-token')]);
  await opened.close();
  const again = await openStorage(t, NOW, opened.file);
  await again.storage.remove({ collection: 'things', property: 'mark' });
  await until(() => !found(opened.file, ['blemish-4711']).length, 'erased');
  assert.deepEqual(found(opened.file, ['marked-token']), ['marked-token']);
  await again.close();
});

test('a removed event that is sent again stays away, also after a restart, and its token is not in the file', async (t) => {
  const first = await openStorage(t, NOW);
  const page = 'lw8f3k2a1-79228162514264337593543950335-000000003';
  const send = (opened: TestStorage) =>
    opened.send(
      opened.event('visits', { n: 1 }, 'token-of-another-client'),
      opened.event('visits', { n: 2 }, page),
      opened.event('others', { n: 3 }, 'token-of-another-client'),
    );
  assert.equal(await send(first), 3);
  await first.storage.remove(all('visits'));
  assert.equal(await send(first), 0);
  await first.close();
  assert.deepEqual(found(first.file, [page]), []);

  const second = await openStorage(t, NOW, first.file);
  assert.equal(await send(second), 0);
  assert.equal(await count(second, 'visits'), 0);
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
  const later = await openStorage(t, NOW + 32 * 86_400_000, first.file);
  assert.equal(await later.send(later.event('visits', { n: 1 }, 'token-of-another-client')), 1);
  await later.close();
});
