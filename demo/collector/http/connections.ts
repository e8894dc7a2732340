import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export interface Connections {
  /**
   * Makes a stop quick: closes every connection on which no request runs, and each new one. Node's own `closeIdleConnections`
   * leaves those that have never carried a request, and browsers keep such ones ready for minutes.
   */
  closeIdle(): void;
  /** The answer under way on a connection. */
  answerOn(socket: Socket): ServerResponse | undefined;
}

interface Answer {
  response: ServerResponse;
  /** How far the client had read at the last look, if anything waited for it then. */
  read: number | undefined;
}

/**
 * Knows every connection and what runs on it.
 * @param reading milliseconds in which a client has to read on while an answer waits for it, or it is cut off: Node has a limit
 *   for clients that write slowly, and only one for complete silence for those that read slowly
 */
export function watchConnections(server: Server, reading: number): Connections {
  /** TLS has not begun on these; by the other end's address, because afterwards the connection is another object. */
  const shaking = new Map<string, Socket>();
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
      shaking.set(peer, socket);
      socket.once('close', () => shaking.get(peer) === socket && shaking.delete(peer));
    });
    server.on('secureConnection', (socket) => {
      shaking.delete(peerOf(socket));
      open(socket);
    });
  } else {
    server.on('connection', open);
  }
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    const answer = { response, read: undefined };
    busy.set(socket, answer);
    response.once('close', () => {
      // A client that sends several requests at once has its next one here already.
      if (busy.get(socket) !== answer) return;
      busy.delete(socket);
      // Its headers may be older than the wish to stop, and have promised the client to keep the connection.
      if (closing) socket.destroySoon();
      else if (!socket.destroyed) idle.add(socket);
    });
  });

  const timer = setInterval(() => {
    for (const [socket, answer] of busy) {
      const read = socket.writableLength ? socket.bytesWritten - socket.writableLength : undefined;
      if (read !== undefined && read === answer.read) socket.destroy();
      answer.read = read;
    }
  }, reading).unref();
  server.once('close', () => clearInterval(timer));

  return {
    closeIdle() {
      closing = true;
      for (const socket of [...idle, ...shaking.values()]) socket.destroy();
    },
    answerOn: (socket) => busy.get(socket)?.response,
  };
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
