import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A virtual screen, for a browser without a headless mode. */
export interface Display {
  /** The value of DISPLAY. */
  readonly name: string;
  close(): Promise<void>;
}

export async function startDisplay(): Promise<Display> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const kill = () => void server.kill('SIGKILL');
  process.on('exit', kill);
  const ended = once(server, 'exit');
  // It takes the first free number, and prints it when the screen is ready.
  const number = await Promise.race([
    once(server.stdio[3]!, 'data'),
    ended.then(([code]) => new Error(`Xvfb ended with ${code}`)),
  ]);
  if (number instanceof Error) throw number;
  return {
    name: `:${String(number[0]).trim()}`,
    async close() {
      process.off('exit', kill);
      // SIGTERM, so that it can remove its lock file.
      server.kill('SIGTERM');
      await ended;
    },
  };
}
