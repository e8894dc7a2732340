// The log and the keys on a real node of NATS.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { until } from '../../../../scripts/testing/until.ts';
import { hashKey } from '../../model/key.ts';
import { makeEntry } from '../../model/key-entry.ts';
import { startNode } from '../../testing/nats.ts';
import { connectNats } from './connection.ts';
import { openJetStream, streamOf } from './jetstream.ts';
import { openClusterKeys } from './keys.ts';
import { readLayout, setUpLog } from './layout.ts';
import { LogExpiredError } from './log.ts';

const { nats, skip } = await startNode();
const [node] = nats?.nodes ?? [];
/** A machine can be so busy that an answer takes seconds. */
const PATIENCE_MS = 60_000;

/** A collector's connection to the cluster, which is set up if it is not. */
async function connect(t: TestContext, onTrouble: (error: Error) => void = () => undefined) {
  const connected = await connectNats({ servers: nats!.servers });
  t.after(connected.close);
  const { kv, layout } = await setUpLog(connected, { partitions: 2, shards: 1, replicas: 1 });
  return { ...connected, kv, layout, log: openJetStream(connected.connection, connected, 2, onTrouble) };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array) => new TextDecoder().decode(array);

/** Reads records until there are so many. */
async function readSome(
  log: Awaited<ReturnType<typeof connect>>['log'],
  partition: number,
  from: number,
  count: number,
) {
  const stopping = new AbortController();
  const read: [number, string][] = [];
  for await (const records of log.read(partition, from, stopping.signal)) {
    for (const record of records) read.push([record.seq, text(record.bytes)]);
    if (read.length >= count) stopping.abort();
  }
  return read;
}

test('records come back in order, from any place, and each partition counts alone', { skip }, async (t) => {
  const { log } = await connect(t);
  for (const content of ['a', 'b', 'c']) await log.append(0, bytes(content));
  assert.equal(await log.append(1, bytes('other')), 1);
  assert.deepEqual(await readSome(log, 0, 1, 3), [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
  assert.deepEqual(await readSome(log, 0, 3, 1), [[3, 'c']]);
  assert.deepEqual(
    (await log.heads()).map(({ seq }) => seq),
    [3, 1],
  );
});

test('a reader goes on without a gap after the node was killed', { skip }, async (t) => {
  const { log } = await connect(t);
  const first = await log.append(1, bytes('before'));
  const reading = readSome(log, 1, first, 2);
  await node!.end('SIGKILL');
  node!.start();
  await node!.ready();
  let last = 0;
  await until(
    'an acknowledgement',
    async () => (last = await log.append(1, bytes('after')).catch(() => 0)),
    PATIENCE_MS,
  );
  const read = await reading;
  assert.deepEqual(
    read.map(([seq]) => seq),
    read.map((_, index) => first + index),
  );
  assert.equal(read[0]![1], 'before');
  assert.ok(last > first);
});

/** A connection to the node on a way that can swallow what the node sends, and break all connections. */
async function connectOnDetour(t: TestContext) {
  const [host, port] = nats!.servers[0]!.split(':') as [string, string];
  const sockets = new Set<Socket>();
  let swallows = false;
  const server = createServer((client) => {
    const upstream = connectSocket(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy()).pipe(upstream);
    upstream.on('close', () => client.destroy()).on('data', (data) => swallows || client.write(data));
  });
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = await connectNats({ servers: [`127.0.0.1:${(server.address() as AddressInfo).port}`] });
  t.after(async () => {
    await far.close();
    breakAll();
    server.close();
  });
  return {
    far,
    swallow: () => (swallows = true),
    mend() {
      breakAll();
      swallows = false;
    },
  };
}

test('a reader asks again for what was lost on its way with a connection', { skip }, async (t) => {
  const { log, jsm } = await connect(t);
  const { far, swallow, mend } = await connectOnDetour(t);
  const first = await log.append(0, bytes('before'));
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  const read: number[] = [];
  const reading = (async () => {
    const farLog = openJetStream(far.connection, far, 2, () => undefined);
    for await (const records of farLog.read(0, first, stopping.signal)) read.push(...records.map(({ seq }) => seq));
  })();
  await until('the first record', () => read.length === 1, PATIENCE_MS);
  swallow();
  const lost = await log.append(0, bytes('lost'));
  await until(
    'the delivery',
    async () => (await jsm.consumers.list(streamOf(0)).next()).some(({ delivered }) => delivered.stream_seq === lost),
    PATIENCE_MS,
  );
  mend();
  await until('the record that was lost', () => read.includes(lost), PATIENCE_MS);
  stopping.abort();
  await reading;
  assert.deepEqual(read, [first, lost]);
});

test('a log that has dropped what a reader needs is an error, and not a gap', { skip }, async (t) => {
  const { log, jsm } = await connect(t);
  for (const content of ['x', 'y']) await log.append(0, bytes(content));
  const { seq } = (await log.heads())[0]!;
  await jsm.streams.purge(streamOf(0), { seq });
  await assert.rejects(readSome(log, 0, 1, 1), LogExpiredError);
  assert.deepEqual(await readSome(log, 0, seq, 1), [[seq, 'y']]);
});

test('a layout never changes, and another number of shards is refused', { skip }, async (t) => {
  const connected = await connect(t);
  await assert.rejects(setUpLog(connected, { partitions: 3, shards: 1, replicas: 1 }), /2 partitions/);
  await assert.rejects(readLayout(connected, 2), /2 shards, and the cluster has 1/);
  assert.deepEqual((await readLayout(connected, 1)).layout, connected.layout);
});

test('keys of one collector hold on all, also those of two that change them at once', { skip }, async (t) => {
  const [a, b] = [await connect(t), await connect(t)];
  const keys = [await openClusterKeys(a.kv, () => undefined), await openClusterKeys(b.kv, () => undefined)] as const;
  t.after(() => Promise.all(keys.map((one) => one.close())));
  const master = makeEntry(hashKey('master_1'), 'master', 1);
  const writes = ['write_1', 'write_2'].map((key, index) => makeEntry(hashKey(key), 'write', 2 + index));
  await keys[0].write({ projectId: 'p', put: [master] });
  let seen: string[] = [];
  keys[1].watch((entries) => (seen = entries.filter(({ active }) => active).map(({ id }) => id)));
  await Promise.all([keys[0].write({ put: [writes[0]!] }), keys[1].write({ put: [writes[1]!] })]);
  const all = [master, ...writes].map(({ id }) => id);
  await until('both changes', () => seen.length === 3, PATIENCE_MS);
  assert.deepEqual(seen, all);
  await keys[0].write({ put: [{ ...writes[0]!, active: false }] });
  await until('the revocation', () => !seen.includes(writes[0]!.id), PATIENCE_MS);
  assert.equal((await keys[1].read()).projectId, 'p');
  assert.deepEqual((await keys[1].read()).keys[0]!.sha256, master.sha256);
  await assert.rejects(keys[1].write({ put: [{ ...master, active: false }] }), { code: 'ConflictError' });
});

test('a collector that has lost the cluster knows that its keys can be old, and recovers', { skip }, async (t) => {
  const { kv } = await connect(t);
  const keys = await openClusterKeys(kv, () => undefined);
  t.after(keys.close);
  await until('current keys', keys.isCurrent, PATIENCE_MS);
  await node!.end('SIGKILL');
  await until('keys that can be old', () => !keys.isCurrent(), PATIENCE_MS);
  await assert.rejects(keys.write({ put: [makeEntry(hashKey('write_3'), 'write', 9)] }));
  node!.start();
  await node!.ready();
  await until('current keys', keys.isCurrent, PATIENCE_MS);
});
