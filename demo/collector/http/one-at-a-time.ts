import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that can wait on a connection for the answers to earlier ones. A connection with more is closed. */
export const MAX_PIPELINED = 100;

/**
 * Handles the requests of each connection one after another, with a pass of the event loop between two. A client can
 * send hundreds of small requests in one packet, which Node passes on at once, and no other connection would get its
 * turn meanwhile. Browsers never send a request before the answer to the last one.
 */
export function handleOneAtATime(server: Server): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  /** For each connection with a request under way, those that wait for it. */
  const waiting = new Map<Socket, [IncomingMessage, ServerResponse][] | undefined>();

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    response.once('close', () => {
      if (waiting.get(socket)?.length) setImmediate(next, socket);
      else waiting.delete(socket);
    });
    for (const listener of listeners) listener.call(server, request, response);
  }

  function next(socket: Socket): void {
    const first = socket.destroyed ? undefined : waiting.get(socket)?.shift();
    if (first) handle(...first);
    else waiting.delete(socket);
  }

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (!waiting.has(socket)) {
      waiting.set(socket, undefined);
      handle(request, response);
      return;
    }
    const queue = waiting.get(socket) ?? [];
    waiting.set(socket, queue);
    if (queue.length < MAX_PIPELINED) queue.push([request, response]);
    else socket.destroy();
  });
}
