import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Time for the collector to listen after its start. */
const START_TIMEOUT_MS = 30_000;
/** Time for the collector to finish after SIGTERM, before SIGKILL. */
const STOP_TIMEOUT_MS = 10_000;

export interface CollectorProcess {
  /** A collector that has crashed is `stopped`. */
  readonly state: 'running' | 'stopped';
  /** The dashboard's URL with its token, as the collector last printed it. */
  readonly dashboard: string;
  /** Resolves once the collector listens. @throws Error if it ends before that, or takes longer than 30 seconds. */
  start(): Promise<void>;
  /** Resolves once the process has ended. */
  stop(): Promise<void>;
}

/**
 * The real collector as a child process that can be stopped and restarted, each time with the same keys, port and
 * database. The keys are passed in the child's environment, which no other user can read. The request log goes to the
 * file `logFile`, which is overwritten. All other output goes to the terminal.
 */
export function createCollectorProcess(script: string, env: Record<string, string>, logFile: string): CollectorProcess {
  let requestLog: WriteStream | undefined;
  let child: ChildProcess | undefined;
  let dashboard = '';
  // One change at a time: a second click on the button waits for the first.
  let lastChange: Promise<void> = Promise.resolve();
  const inSequence = (change: () => Promise<void>) => (lastChange = lastChange.catch(() => {}).then(change));

  async function start() {
    if (child) return;
    const started = spawn(process.execPath, ['--enable-source-maps', script], {
      env: { ...process.env, ...env },
      // The IPC channel tells the collector that this process has ended, however it ended.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    createInterface({ input: started.stderr! }).on('line', (line) => {
      if (requestLog && parseLine(line)) requestLog.write(`${line}\n`);
      else console.error(line);
    });
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    try {
      dashboard = await readDashboardUrl(started);
      // Only now: if another demo holds the database, this one fails to start and must not overwrite the other's log.
      requestLog ??= createWriteStream(logFile);
    } catch (error) {
      started.kill('SIGKILL');
      throw error;
    }
  }

  async function stop() {
    if (!child) return;
    const running = child;
    const exited = once(running, 'exit');
    running.kill('SIGTERM');
    const timeout = setTimeout(() => running.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timeout);
  }

  return {
    get state() {
      return child ? 'running' : 'stopped';
    },
    get dashboard() {
      return dashboard;
    },
    start: () => inSequence(start),
    stop: () => inSequence(stop),
  };
}

/** Reads the dashboard's URL from the line that the collector prints once it listens. */
function readDashboardUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    const timeout = setTimeout(
      () => reject(new Error(`the collector did not listen within ${START_TIMEOUT_MS / 1000} s.`)),
      START_TIMEOUT_MS,
    );
    // Keep reading after that line, so that the pipe does not fill up.
    lines.on('line', (line) => {
      const ready = parseLine(line);
      if (typeof ready?.url !== 'string') return;
      clearTimeout(timeout);
      resolve(typeof ready.dashboard === 'string' ? ready.dashboard : ready.url);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timeout);
      reject(
        new Error(
          `the collector ended before it listened (${signal ?? `exit code ${code}`}), for the reason above. Is another demo running?`,
        ),
      );
    });
  });
}

/** A line of the collector's JSON output; `undefined` if it is other text. */
function parseLine(line: string): { url?: unknown; dashboard?: unknown } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
