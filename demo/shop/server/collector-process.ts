import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Milliseconds for the collector to listen, and to finish what it took. */
const START_LIMIT = 30_000;
const STOP_LIMIT = 10_000;

export interface CollectorProcess {
  /** Where the pages stand with it: a collector that crashed is `stopped`. */
  readonly state: 'running' | 'stopped';
  /** The dashboard's address with its token, as the collector last printed it. */
  readonly dashboard: string;
  /** Resolves once it listens. @throws Error when it ends before that. */
  start(): Promise<void>;
  /** Resolves once the process is gone. */
  stop(): Promise<void>;
}

/**
 * The real collector as a child that can be stopped and started again, with the same keys, port and
 * database each time. The keys go into the child's environment, which no other user can read. Its request log goes to
 * the file `log`, begun anew; whatever else it has to say, to the terminal.
 */
export function createCollectorProcess(script: string, env: Record<string, string>, log: string): CollectorProcess {
  let requests: WriteStream | undefined;
  let child: ChildProcess | undefined;
  let dashboard = '';
  // One change at a time: a second click on the button waits for the first.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => (turn = turn.catch(() => {}).then(work));

  async function start() {
    if (child) return;
    const started = spawn(process.execPath, ['--enable-source-maps', script], {
      env: { ...process.env, ...env },
      // stdout carries the line that says it listens; by the channel's end it knows that we are gone, however that came.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    createInterface({ input: started.stderr! }).on('line', (line) => {
      if (requests && parse(line)) requests.write(`${line}\n`);
      else console.error(line);
    });
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    try {
      dashboard = await readyLine(started);
      // Not before: a demo that cannot start, for another one has the database, leaves that one's log alone.
      requests ??= createWriteStream(log);
    } catch (error) {
      started.kill('SIGKILL');
      throw error;
    }
  }

  async function stop() {
    const running = child;
    if (!running) return;
    const gone = once(running, 'exit');
    running.kill('SIGTERM');
    const limit = setTimeout(() => running.kill('SIGKILL'), STOP_LIMIT);
    await gone;
    clearTimeout(limit);
  }

  return {
    get state() {
      return child ? 'running' : 'stopped';
    },
    get dashboard() {
      return dashboard;
    },
    start: () => inTurn(start),
    stop: () => inTurn(stop),
  };
}

/** The dashboard's address, out of the one line that the collector prints once it listens. */
function readyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    const limit = setTimeout(
      () => reject(new Error(`the collector did not listen within ${START_LIMIT / 1000} s.`)),
      START_LIMIT,
    );
    lines.on('line', (line) => {
      const ready = parse(line);
      // Other lines are not for us; reading on keeps the pipe from filling up.
      if (typeof ready?.url !== 'string') return;
      clearTimeout(limit);
      resolve(typeof ready.dashboard === 'string' ? ready.dashboard : ready.url);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      reject(
        new Error(
          `the collector ended before it listened (${signal ?? `exit code ${code}`}), for the reason above. Is another demo running?`,
        ),
      );
    });
  });
}

function parse(line: string): { url?: unknown; dashboard?: unknown } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
