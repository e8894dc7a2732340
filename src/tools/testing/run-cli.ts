import { readFileSync } from 'node:fs';
import { run } from '../cli/run.ts';

/** Runs `mailslot` in this process. */
export async function runCli(
  args: string[],
  { env = {}, cwd = process.cwd(), input = '' }: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const code = await run(args, {
    print: (text) => void (stdout += `${text}\n`),
    inform: (text) => void (stderr += `${text}\n`),
    readInput: async () => input,
    readVersion: () => JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version,
    env,
    cwd,
  });
  return { code, stdout, stderr };
}
