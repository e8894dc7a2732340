import { createServer } from 'node:net';

/** Ports tried, one after the other, before giving up. */
const TRIES = 20;

/**
 * A port that is free on `host`: exactly `wanted` where one was asked for, else the first free one
 * from `from` on. A fixed start, because a browser keeps its queue per origin, and the port is part of that.
 *
 * @throws Error naming `setting`, the variable that moves it, when there is none.
 */
export async function findPort(
  host: string,
  { wanted, from }: { wanted?: number; from: number },
  setting: string,
): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(host, wanted)) return wanted;
    throw new Error(`port ${wanted} is in use. Set ${setting} to another one, or leave it out to get a free one.`);
  }
  for (let port = from; port < from + TRIES; port++) {
    if (await isFree(host, port)) return port;
  }
  throw new Error(`ports ${from} to ${from + TRIES - 1} are all in use. Set ${setting} to a free one.`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: reserved by the system. Both only mean "not this one".
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
