import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes a stop quick: returns a function that closes every connection on which no request runs, and each new one. Node's own
 * `closeIdleConnections` leaves those that have never carried a request, and browsers keep such ones ready for minutes.
 */
export function closeableConnections(server: Server): () => void {
  const idle = new Set<Socket>();
  let closing = false;

  server.on('connection', (socket) => {
    if (closing) return void socket.destroy();
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });

  return () => {
    closing = true;
    for (const socket of idle) socket.destroy();
  };
}
