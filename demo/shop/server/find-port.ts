import { createServer } from 'node:net';

/** Ports to try, one after the other. */
const MAX_TRIES = 20;

export interface PortChoice {
  /** The one port to use, if it is free. */
  wanted?: number;
  /** The first port to try, if none is wanted. */
  from: number;
}

/**
 * Finds a free port on `host`: `wanted`, or the first free one from `from` on. The search has a fixed start, because a
 * browser's queue belongs to an origin, and the port is part of it.
 *
 * @param setting the variable that sets this port
 * @throws Error with the name of `setting`, if no port is free
 */
export async function findPort(host: string, { wanted, from }: PortChoice, setting: string): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(host, wanted)) return wanted;
    throw new Error(`port ${wanted} is in use. Set ${setting} to another one, or leave it out to get a free one.`);
  }
  for (let port = from; port < from + MAX_TRIES; port++) {
    if (await isFree(host, port)) return port;
  }
  throw new Error(`ports ${from} to ${from + MAX_TRIES - 1} are all in use. Set ${setting} to a free one.`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: the system reserves this port.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
