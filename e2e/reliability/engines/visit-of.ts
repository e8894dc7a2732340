import { type Process, processes } from '../../fixtures/processes.ts';
import { until } from '../../fixtures/until.ts';
import type { Visit } from './engine.ts';

/** The process that `isRoot` finds, and all that it has started. */
export function processTree(isRoot: (process: Process) => boolean): Process[] {
  const all = processes();
  const found = all.filter(isRoot);
  for (const { pid } of found) found.push(...all.filter((other) => other.parent === pid && !found.includes(other)));
  return found;
}

function kill(pids: readonly number[]) {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** A browser by its processes; `renders` tells those that render pages. */
export function visitOf(isRoot: (process: Process) => boolean, renders: RegExp, after: () => Promise<void>): Visit {
  let aimed: Process[] = [];
  const gone = (killed: Process[]) =>
    until('the killed processes to end', () => {
      const alive = new Set(processes().map(({ pid }) => pid));
      return killed.every(({ pid }) => !alive.has(pid));
    });
  const visit: Visit = {
    aim: () => void (aimed = processTree(isRoot)),
    async crash() {
      const renderers = aimed.filter(({ command }) => renders.test(command));
      if (!renderers.length) throw new Error('no process of this browser renders pages');
      kill(renderers.map(({ pid }) => pid));
      await gone(renderers);
    },
    async kill() {
      kill(aimed.map(({ pid }) => pid));
      // And what was started since.
      const rest = processTree((process) => isRoot(process) || aimed.some(({ pid }) => pid === process.pid));
      kill(rest.map(({ pid }) => pid));
      await gone([...aimed, ...rest]);
      await after();
    },
  };
  return visit;
}
