import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { temporaryFolder } from '../testing/folder.ts';
import { selfMadeCertificate } from './self-made-certificate.ts';
import { readTls, renewTls } from './tls.ts';

const DAY = 86_400_000;
const fingerprint = (path: string) => new X509Certificate(readFileSync(path)).fingerprint256;

test('the self-signed certificate is created once, for this machine, and only its owner can read the key', async (t) => {
  const folder = join(temporaryFolder(t), 'new/data');
  const files = await selfMadeCertificate(folder, '127.0.0.1');
  const made = new X509Certificate(readFileSync(files.cert));
  for (const name of ['127.0.0.1', '::1']) assert.equal(made.checkIP(name), name);
  assert.equal(made.checkHost('localhost'), 'localhost');
  assert.equal(made.checkHost('shop.example'), undefined);
  assert.equal(made.ca, false, 'it cannot sign');
  assert.ok(Date.parse(made.validTo) - Date.now() < 398 * DAY);
  assert.equal(statSync(files.key).mode & 0o777, 0o600);
  readTls(files);

  assert.deepEqual(await selfMadeCertificate(folder, '127.0.0.1'), files);
  assert.equal(fingerprint(files.cert), made.fingerprint256, 'the second start reuses it');
  await selfMadeCertificate(folder, '0.0.0.0');
  assert.equal(fingerprint(files.cert), made.fingerprint256);

  // Created again if it does not cover the host, or expires soon.
  const changes: [() => void, host: string, now: number][] = [
    [() => undefined, '192.0.2.7', Date.now()],
    [() => undefined, '127.0.0.1', Date.now() + 380 * DAY],
    [() => rmSync(files.key), '127.0.0.1', Date.now()],
  ];
  for (const [change, host, now] of changes) {
    const before = fingerprint(files.cert);
    change();
    await selfMadeCertificate(folder, host, now);
    assert.notEqual(fingerprint(files.cert), before);
    assert.equal(statSync(files.key).mode & 0o777, 0o600);
  }
  assert.equal(new X509Certificate(readFileSync(files.cert)).checkIP('127.0.0.1'), '127.0.0.1');
});

test('files that are not a certificate and its key are refused with a message', async (t) => {
  const folder = temporaryFolder(t);
  const files = await selfMadeCertificate(join(folder, 'a'), '::1');
  const other = await selfMadeCertificate(join(folder, 'b'), '::1');
  const text = join(folder, 'text');
  writeFileSync(text, 'nothing');
  const table: [typeof files, RegExp][] = [
    [{ ...files, cert: join(folder, 'none') }, /ENOENT.*none/],
    [{ ...files, key: join(folder, 'none') }, /ENOENT.*none/],
    [{ ...files, cert: text }, /text holds no certificate in PEM/],
    [{ ...files, key: text }, /text holds no private key .*in PEM/],
    [{ ...files, cert: files.key }, /holds no certificate/],
    [{ ...files, key: other.key }, /is not the key of/],
  ];
  for (const [pair, message] of table) assert.throws(() => readTls(pair), { name: 'SettingsError', message });
});

test('a renewed certificate is used without a restart, and an invalid one is logged', {
  timeout: 30_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const files = await selfMadeCertificate(join(folder, 'a'), '127.0.0.1');
  const next = await selfMadeCertificate(join(folder, 'b'), '127.0.0.1');
  const [old, renewed] = [fingerprint(files.cert), fingerprint(next.cert)];
  const server = createServer(readTls(files)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lines: string[] = [];
  const stop = renewTls(server, files, (line) => lines.push(line), 20);
  t.after(() => {
    stop();
    server.close();
  });
  const shown = async () => {
    const socket = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  assert.equal(await shown(), old);
  // One file and then the other, as renewal tools write them.
  chmodSync(files.key, 0o600);
  cpSync(next.key, files.key);
  while (!lines.length) await new Promise((resolve) => setImmediate(resolve));
  assert.match(lines[0]!, /the old certificate stays: .* is not the key of/);
  assert.equal(await shown(), old);
  cpSync(next.cert, files.cert);
  while ((await shown()) !== renewed);
});

test('a file or link that someone has put at the place of the new key is left alone', async (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'mine');
  symlinkSync(victim, join(folder, 'self-made-key.pem.new'));
  const files = await selfMadeCertificate(folder, 'localhost');
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
  readTls(files);
});
