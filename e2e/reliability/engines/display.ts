import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A screen that nobody sees, for a browser that cannot do without: its name, and how to end it. */
export async function startDisplay(): Promise<[name: string, close: () => Promise<void>]> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const kill = () => void server.kill('SIGKILL');
  process.on('exit', kill);
  const ended = once(server, 'exit');
  // It takes the first free number, and says which once it can be used.
  const said = await Promise.race([
    once(server.stdio[3]!, 'data'),
    ended.then(([code]) => new Error(`Xvfb ended with ${code}`)),
  ]);
  if (said instanceof Error) throw said;
  return [
    `:${String(said[0]).trim()}`,
    async () => {
      process.off('exit', kill);
      // Not SIGKILL: it removes its lock file.
      server.kill('SIGTERM');
      await ended;
    },
  ];
}
