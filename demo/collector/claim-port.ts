import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Takes the port until the collector listens on it, so that a start that must fail leaves no file and prints no key.
 * @returns a function that gives the port back
 * @throws the system's error, such as EADDRINUSE
 */
export async function claimPort(port: number, host: string): Promise<() => Promise<void>> {
  // A client that connects too early is sent away, and tries again.
  const server = createServer((socket) => socket.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(() => resolve()));
}
