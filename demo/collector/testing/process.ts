import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { CONFIG } from '../settings/read-settings.ts';
import { SETTING_NAMES, variableOf } from '../settings/settings.ts';

export interface CollectorProcess {
  url: string;
  projectId: string;
  dashboard: string;
  /** Every line of stdout, parsed. */
  stdout: Record<string, unknown>[];
  stderr(): string;
  /** Closes this end of stdout and stderr. */
  closePipes(): void;
  /**
   * Sends the signal and resolves with the exit code or, without one, the name of the signal that ended the process.
   */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const BUILT = join(process.cwd(), 'demo/dist/collector.js');

/**
 * Starts the built collector as a process, on a free port, and resolves once it listens.
 * @param log a file descriptor for its stderr, which then cannot be read here
 */
export async function startProcess(
  t: TestContext,
  env: Record<string, string>,
  log: 'pipe' | number = 'pipe',
): Promise<CollectorProcess> {
  const child = spawn(process.execPath, [BUILT], {
    env: { ...withoutSettings(), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', log],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const stdout: Record<string, unknown>[] = [];
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code, by] = await exited;
    return code ?? by!;
  };
  const lines = createInterface({ input: child.stdout! });
  const ready = new Promise<Record<string, string>>((resolve, reject) => {
    lines.on('line', (line) => {
      const said = JSON.parse(line) as Record<string, string>;
      stdout.push(said);
      if (said.url) resolve(said);
    });
    void exited.then(([code]) => reject(new Error(`the collector ended with ${code} before it listened:\n${stderr}`)));
  });
  const { url, projectId, dashboard } = (await ready) as { url: string; projectId: string; dashboard: string };
  const closePipes = () => [child.stdout, child.stderr].forEach((stream) => stream?.destroy());
  return { url, projectId, dashboard, stdout, stderr: () => stderr, closePipes, end };
}

/** Runs the built collector with settings with which it must fail. If it starts, it is killed and has no exit code. */
export const failingProcess = (env: Record<string, string>) => runProcess([], env);

/** Runs the built collector with arguments with which it ends by itself. */
export async function runProcess(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BUILT, ...args], {
    env: { ...withoutSettings(), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
      if (said.stdout.includes('"url"')) child.kill('SIGKILL');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** This process's environment without the collector's settings. */
function withoutSettings(): NodeJS.ProcessEnv {
  const set = [CONFIG, ...SETTING_NAMES.map(variableOf)];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !set.includes(name)));
}
