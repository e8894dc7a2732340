import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartitionWriter } from './partition-writer.ts';
import { decodeEntry } from './record.ts';

const lines = (...ids: string[]) => ids.map((id) => `\n["c",null,"${id}",1,2]\n"{}"`);

/** A log whose records wait until the test confirms or rejects them. */
function heldLog() {
  const records: { ids: string[]; confirm(): void; reject(error: Error): void }[] = [];
  const append = (bytes: Uint8Array) =>
    new Promise<void>((confirm, reject) => {
      const entry = decodeEntry(bytes);
      records.push({ ids: entry.kind === 'events' ? entry.events.map(({ id }) => id) : [], confirm, reject });
    });
  return { append, records };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise(setImmediate);
};

test('requests within the linger share a record, and each resolves with it', async () => {
  const { append, records } = heldLog();
  const writer = createPartitionWriter(append);
  const sent = [writer.add(lines('1'), []), writer.add(lines('2', '3'), [])];
  assert.ok(writer.waitingChars() > 0);
  await until(() => records.length === 1);
  assert.deepEqual(records[0]!.ids, ['1', '2', '3']);
  records[0]!.confirm();
  await Promise.all(sent);
  assert.equal(writer.waitingChars(), 0);
});

test('a request that is larger than a record resolves only with its last record', async () => {
  const { append, records } = heldLog();
  const writer = createPartitionWriter(append);
  const large = `\n["c",null,"L",1,2]\n${JSON.stringify('x'.repeat(400_000))}`;
  let resolved = false;
  const sent = writer.add([large, large, large], []).then(() => (resolved = true));
  await until(() => records.length === 2);
  records[0]!.confirm();
  await new Promise(setImmediate);
  assert.equal(resolved, false);
  records[1]!.confirm();
  await sent;
  assert.deepEqual(
    records.map(({ ids }) => ids.length),
    [2, 1],
  );
});

test('a record that is not confirmed fails its own requests and no others', async () => {
  const { append, records } = heldLog();
  const writer = createPartitionWriter(append);
  const first = writer.add(lines('1'), []);
  await until(() => records.length === 1);
  const second = writer.add(lines('2'), []);
  records[0]!.reject(new Error('no quorum'));
  await assert.rejects(first, /no quorum/);
  await until(() => records.length === 2);
  records[1]!.confirm();
  await second;
});

test('records on their way are limited, and the rest gathers', async () => {
  const { append, records } = heldLog();
  const writer = createPartitionWriter(append);
  const sent: Promise<void>[] = [];
  for (let index = 0; index < 4; index++) {
    sent.push(writer.add(lines(String(index)), []));
    await until(() => records.length === index + 1);
  }
  sent.push(writer.add(lines('a'), []), writer.add(lines('b'), []));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(records.length, 4);
  records[0]!.confirm();
  await until(() => records.length === 5);
  assert.deepEqual(records[4]!.ids, ['a', 'b']);
  for (const { confirm } of records) confirm();
  await Promise.all(sent);
});
