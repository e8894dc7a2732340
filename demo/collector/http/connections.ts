import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { type AddressLimit, limitByAddress } from './connections-by-address.ts';

export interface Connections {
  /**
   * Closes every connection without a request under way, and each new one, so that the server stops quickly. Node's own
   * `closeIdleConnections` leaves connections that never carried a request, and browsers keep such connections open for
   * minutes.
   */
  closeIdle(): void;
  /** The answer under way on a connection. */
  answerOn(socket: Socket): ServerResponse | undefined;
}

/** Bytes a second of a waiting answer. Answers are held in memory until they are read. */
const MIN_READ_SPEED = 4_000;

interface Answer {
  response: ServerResponse;
  /** Bytes the client had read at the last check; `undefined` if nothing was waiting for it. */
  bytesRead: number | undefined;
}

/**
 * Tracks all connections, and the answer under way on each. Closes those over the limit of their address.
 * @param readTimeoutMs a client must read 4,000 bytes of a waiting answer for each second of this time, or its connection
 *   is closed. Node has
 *   a timeout for clients that write slowly, but for clients that read slowly only one for silence in both directions.
 */
export function watchConnections(server: Server, readTimeoutMs: number, limit?: AddressLimit): Connections {
  if (limit) limitByAddress(server, limit);
  /** Before the TLS handshake. Keyed by the peer's address, because afterwards the connection is another object. */
  const handshaking = new Map<string, Socket>();
  const idle = new Set<Socket>();
  const busy = new Map<Socket, Answer>();
  let closing = false;

  const open = (socket: Socket) => {
    if (closing) return void socket.destroy();
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  };
  if (server instanceof TlsServer) {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      handshaking.set(peer, socket);
      socket.once('close', () => handshaking.get(peer) === socket && handshaking.delete(peer));
    });
    server.on('secureConnection', (socket) => {
      handshaking.delete(peerOf(socket));
      open(socket);
    });
  } else {
    server.on('connection', open);
  }
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    const answer: Answer = { response, bytesRead: undefined };
    busy.set(socket, answer);
    response.once('close', () => {
      // With pipelined requests, the next one has already replaced this answer.
      if (busy.get(socket) !== answer) return;
      busy.delete(socket);
      // The answer's headers can be older than the stop, and have promised keep-alive.
      if (closing) socket.destroySoon();
      else if (!socket.destroyed) idle.add(socket);
    });
  });

  const timer = setInterval(() => {
    for (const [socket, answer] of busy) {
      const bytesRead = socket.writableLength ? socket.bytesWritten - socket.writableLength : undefined;
      const isSlow =
        answer.bytesRead !== undefined && bytesRead! - answer.bytesRead < (MIN_READ_SPEED * readTimeoutMs) / 1_000;
      if (bytesRead !== undefined && isSlow) socket.destroy();
      answer.bytesRead = bytesRead;
    }
  }, readTimeoutMs).unref();
  server.once('close', () => clearInterval(timer));

  return {
    closeIdle() {
      closing = true;
      for (const socket of [...idle, ...handshaking.values()]) socket.destroy();
    },
    answerOn: (socket) => busy.get(socket)?.response,
  };
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
