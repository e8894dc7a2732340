import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { temporaryFolder } from '../testing/folder.ts';
import { isLoopback } from '../tls/address.ts';
import { selfMadeCertificate } from '../tls/self-made-certificate.ts';
import { readTls } from '../tls/tls.ts';
import { limitByAddress } from './connections-by-address.ts';

/** Opens connections from any address. */
function startFake(max: number) {
  const server = new EventEmitter();
  limitByAddress(server as Server, { max, isExempt: isLoopback });
  return (remoteAddress: string | undefined) => {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      isOpen: true,
      destroy() {
        socket.isOpen = false;
        socket.emit('close');
      },
    });
    server.emit('connection', socket as unknown as Socket);
    return socket;
  };
}

test('an address has as many connections at a time as the limit, and more once one is closed', () => {
  const open = startFake(2);
  const first = open('192.0.2.1');
  assert.ok(first.isOpen && open('192.0.2.1').isOpen);
  assert.ok(!open('192.0.2.1').isOpen);
  assert.ok(!open('::ffff:192.0.2.1').isOpen, 'the same address');
  assert.ok(open('192.0.2.2').isOpen);
  first.destroy();
  assert.ok(open('192.0.2.1').isOpen);
  assert.ok(!open('192.0.2.1').isOpen, 'a refused connection gives nothing back');
});

test('an IPv6 /64 counts as one address, and a /48 has four shares', () => {
  const open = startFake(2);
  for (const address of ['2001:db8:1:1::1', '2001:db8:1:1::2']) assert.ok(open(address).isOpen);
  assert.ok(!open('2001:db8:1:1::3').isOpen);
  for (let n = 2; n < 8; n++) assert.ok(open(`2001:db8:1:${n}::1`).isOpen, `${n}`);
  assert.ok(!open('2001:db8:1:8::1').isOpen);
  assert.ok(open('2001:db8:2:1::1').isOpen);
});

test('an exempt address and no limit at all', () => {
  const open = startFake(1);
  for (let n = 0; n < 5; n++) assert.ok(open('127.0.0.1').isOpen);
  const unlimited = startFake(0);
  for (let n = 0; n < 5; n++) assert.ok(unlimited('192.0.2.1').isOpen);
});

test('with or without TLS, a connection over the limit is closed and the others are served', async (t) => {
  const { key, cert } = readTls(await selfMadeCertificate(temporaryFolder(t), '127.0.0.1'));
  for (const server of [createServer(), createTlsServer({ key, cert })]) {
    limitByAddress(server as Server, { max: 1, isExempt: () => false });
    server.on('request', (_request, response: import('node:http').ServerResponse) => response.end('served'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const isTls = server.constructor.name === 'Server' && 'setSecureContext' in server;
    const first = isTls ? connectTls({ port, host: '127.0.0.1', ca: cert }) : connect(port, '127.0.0.1');
    await once(first, isTls ? 'secureConnect' : 'connect');
    await refusedBy(t, port);
    first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(first, 'data')) as [Buffer];
    assert.match(answer.toString(), /200 OK/);
    await once(first, 'close');
  }
});

/** Opens a connection, and resolves once the server has closed it without a byte. */
async function refusedBy(t: TestContext, port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined); // a reset is a refusal too
  socket.on('data', () => assert.fail('a refused connection got data'));
  await once(socket, 'close');
}
