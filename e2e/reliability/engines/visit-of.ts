import { until } from '../../../scripts/testing/until.ts';
import { type Process, processes, signalProcess, ticksAtRest } from '../../fixtures/processes.ts';
import type { Visit } from './engine.ts';

/** The process that `isRoot` matches, and all of its descendants. */
export function processTree(isRoot: (process: Process) => boolean): Process[] {
  const all = processes();
  const found = all.filter(isRoot);
  for (const { pid } of found) found.push(...all.filter((other) => other.parent === pid && !found.includes(other)));
  return found;
}

function kill(pids: readonly number[]) {
  for (const pid of pids) signalProcess(pid, 'SIGKILL');
}

/** Polls in a row, 10 ms apart, in which idle processes must not have used processor time. */
const IDLE_POLLS = 20;

/** Waits until these processes are idle. */
async function untilIdle(pids: readonly number[]) {
  let last: number | undefined;
  let polls = 0;
  await until('the browser to be idle', () => {
    const ticks = ticksAtRest(pids);
    polls = ticks !== undefined && ticks === last ? polls + 1 : 0;
    last = ticks;
    return polls >= IDLE_POLLS;
  });
}

/** A visit by its processes: `renders` matches the command of a renderer. `after` runs once all processes are gone. */
export function visitOf(isRoot: (process: Process) => boolean, renders: RegExp, after: () => Promise<void>): Visit {
  let known: Process[] = [];
  const gone = (killed: Process[]) =>
    until('the killed processes to end', () => {
      const alive = new Set(processes().map(({ pid }) => pid));
      return killed.every(({ pid }) => !alive.has(pid));
    });
  const visit: Visit = {
    findProcesses: () => void (known = processTree(isRoot)),
    async crash() {
      const renderers = known.filter(({ command }) => renders.test(command));
      if (!renderers.length) throw new Error('this browser has no renderer');
      kill(renderers.map(({ pid }) => pid));
      await gone(renderers);
      // The browser lives on, and finishes the page's requests.
      await untilIdle(known.filter((one) => !renderers.includes(one)).map(({ pid }) => pid));
    },
    async kill() {
      kill(known.map(({ pid }) => pid));
      // Processes that were started since.
      const others = processTree((process) => isRoot(process) || known.some(({ pid }) => pid === process.pid));
      kill(others.map(({ pid }) => pid));
      await gone([...known, ...others]);
      await after();
    },
  };
  return visit;
}
