// A cluster behind TLS, users and passwords: one node of NATS, and one ClickHouse behind a TLS proxy.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createServer } from 'node:tls';
import { startClickHouse } from '../../../../scripts/cluster/clickhouse.mjs';
import { startNats } from '../../../../scripts/cluster/nats.mjs';
import { UnavailableError } from '../../../../scripts/cluster/packages.mjs';
import { until } from '../../../../scripts/testing/until.ts';
import { makeEvent } from '../../testing/event.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { makeCredentials } from '../../testing/nats-credentials.ts';
import { selfMadeCertificate } from '../../tls/self-made-certificate.ts';
import { statement } from './binding.ts';
import { openClient } from './client.ts';
import { connectNats } from './connection.ts';
import { setUpLog } from './layout.ts';
import { type ClusterSettings, openClusterStorage, readStatus, setUpCluster, startLoaders } from './open.ts';

const LIMITS = { seconds: 60, megabytes: 500 };
const PATIENCE_MS = 60_000;
const NATS_USER = { natsUser: 'collector', natsPassword: 'nats-password-of-the-tests' };
const STORE_USER = { name: 'collector', password: 'store-password-of-the-tests' };
const troubles: string[] = [];
const onTrouble = (error: Error) => void troubles.push(error.message);

const started = await start();
const skip = started instanceof UnavailableError && started.message;
const settings = started as ClusterSettings;

async function start(): Promise<ClusterSettings | UnavailableError> {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
  const close = async () => {
    for (const one of closing.reverse()) await one();
  };
  try {
    const tls = await selfMadeCertificate(folder, '127.0.0.1');
    const config = [
      `tls { cert_file: ${JSON.stringify(tls.cert)}, key_file: ${JSON.stringify(tls.key)} }`,
      `authorization { user: ${NATS_USER.natsUser}, password: ${NATS_USER.natsPassword} }`,
    ].join('\n');
    const nats = await startNats({ folder, nodes: 1, config });
    closing.push(nats.stop);
    const clickhouse = await startClickHouse({ folder: join(folder, 'clickhouse'), user: STORE_USER });
    closing.push(clickhouse.kill);
    // ClickHouse out of its library has no TLS of its own.
    const proxy = createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, (outside) => {
      const inside = connect(clickhouse.httpPort, '127.0.0.1');
      for (const socket of [inside, outside]) socket.on('error', () => inside.destroy() && outside.destroy());
      outside.pipe(inside).pipe(outside);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(() => proxy.close());
    after(close);
    return {
      natsServers: nats.servers,
      ...NATS_USER,
      clickhouseUrls: [[`https://127.0.0.1:${(proxy.address() as AddressInfo).port}`]],
      clickhouseUser: STORE_USER.name,
      clickhousePassword: STORE_USER.password,
      clusterCa: tls.cert,
    };
  } catch (error) {
    await close();
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TESTS OF A CLUSTER WITH TLS ARE SKIPPED: ${error.message}`);
    return error;
  }
}

test('events are recorded, loaded and read with TLS and passwords', { skip }, async (t) => {
  await setUpCluster(settings, 2);
  const loaders = await startLoaders(settings, settings.clickhouseUrls[0]!, { limits: LIMITS, onTrouble });
  t.after(loaders.stop);
  const storage = await openClusterStorage(settings, { now: Date.now, limits: LIMITS, onTrouble });
  t.after(storage.close);
  await storage.append([1, 2, 3].map((n) => makeEvent('things', { n }, Date.now())));
  const read = async () => {
    const events: unknown[] = [];
    for await (const chunk of storage.query(extractionOf('things')))
      events.push(...chunk.map((text) => (JSON.parse(text) as { n: unknown }).n));
    return events.sort();
  };
  // On a busy machine the first answer can be that the store is behind.
  assert.deepEqual(await until('the events', () => read().catch(() => undefined), PATIENCE_MS), [1, 2, 3]);
  const { replicas } = await readStatus(settings, onTrouble);
  assert.match(String(replicas[0]!.version), /^\d+\.\d+/);
});

test('a wrong password, no password and an unknown authority are refused by NATS', { skip }, async () => {
  const refused = (changed: Partial<ClusterSettings>, message: RegExp) =>
    assert.rejects(setUpCluster({ ...settings, ...changed }, 2), { name: 'SettingsError', message });
  await refused({ natsPassword: 'wrong' }, /Authorization Violation/i);
  await refused({ natsUser: undefined, natsPassword: undefined }, /Authorization Violation/i);
  await refused({ clusterCa: undefined }, /certificate/i);
});

test('a wrong password, no password and an unknown authority are refused by ClickHouse', { skip }, async () => {
  const refused = async (changed: Partial<ClusterSettings>, message: RegExp) => {
    troubles.length = 0;
    const all = { ...settings, ...changed };
    const { replicas } = await readStatus(all, onTrouble);
    assert.equal(replicas[0]!.version, undefined);
    assert.match(troubles.join(), message);
    await assert.rejects(setUpCluster(all, 2), message);
  };
  await refused({ clickhousePassword: 'wrong' }, /Authentication failed/);
  await refused({ clickhouseUser: undefined, clickhousePassword: undefined }, /Not enough privileges/);
  const url = settings.clickhouseUrls[0]![0]!;
  // The authority is that of NATS as well, so only a client of ClickHouse alone can be without it.
  const client = await openClient({ urls: [url], user: STORE_USER.name, password: STORE_USER.password });
  await assert.rejects(client.readAll(statement(() => 'SELECT 1')), /certificate/i);
  await client.close();
});

test('a credentials file lets in, and another operator’s does not', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const file = join(folder, 'collector.creds');
  const nats = await startNats({ folder, nodes: 1, config: makeCredentials(file) });
  const setUp = async (credentials: string | undefined) => {
    const connected = await connectNats({ servers: nats.servers, credentials });
    try {
      return (await setUpLog(connected, { partitions: 2, shards: 1, replicas: 1 })).layout.shards.length;
    } finally {
      await connected.close();
    }
  };
  try {
    assert.equal(await setUp(file), 2);
    await assert.rejects(setUp(undefined), { name: 'SettingsError', message: /Authorization Violation/i });
    makeCredentials(file);
    await assert.rejects(setUp(file), { name: 'SettingsError', message: /Authorization Violation/i });
  } finally {
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('with an authority, a node of NATS without TLS is refused', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const plain = await startNats({ folder, nodes: 1 });
  try {
    await assert.rejects(setUpCluster({ ...settings, natsServers: plain.servers }, 2), { name: 'SettingsError' });
  } finally {
    await plain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
