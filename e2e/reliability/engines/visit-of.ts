import { type Process, processes, ticksAtRest } from '../../fixtures/processes.ts';
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

/** Looks in a row, 10 ms apart, that must find nothing being done. */
const RESTING = 20;

/** Until these have done all that they were asked to do. */
async function rest(pids: readonly number[]) {
  let last: number | undefined;
  let looks = 0;
  await until('the browser to come to rest', () => {
    const ticks = ticksAtRest(pids);
    looks = ticks !== undefined && ticks === last ? looks + 1 : 0;
    last = ticks;
    return looks >= RESTING;
  });
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
      // The browser lives on, and does what the page had asked it to do.
      await rest(aimed.filter((one) => !renderers.includes(one)).map(({ pid }) => pid));
    },
    async kill() {
      kill(aimed.map(({ pid }) => pid));
      // And what was started since.
      const others = processTree((process) => isRoot(process) || aimed.some(({ pid }) => pid === process.pid));
      kill(others.map(({ pid }) => pid));
      await gone([...aimed, ...others]);
      await after();
    },
  };
  return visit;
}
