// The collector as a command. stdout carries what was asked for and the collector's lines of JSON; everything else goes to stderr.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectorUrl } from './key-command/collector-url.ts';
import { openDesk } from './key-command/key-client.ts';
import { keysCommand } from './key-command/keys-command.ts';
import { SettingsError } from './model/settings-error.ts';
import { serve } from './serve.ts';
import { type CommandLine, readCommandLine } from './settings/command-line.ts';
import { help } from './settings/help.ts';
import { readSettings } from './settings/read-settings.ts';
import type { Settings } from './settings/settings.ts';

// This file runs from demo/dist/, where the build puts it.
const here = fileURLToPath(new URL('.', import.meta.url));
const PLACES = { dashboard: join(here, 'dashboard'), data: join(here, '../data/collector.duckdb') };

async function run(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.help) return void process.stdout.write(help());
  if (line.version) return void process.stdout.write(`${version()}\n`);
  const settings = readSettings(process.env, line);

  const [command, ...words] = line.command;
  if (command === 'keys') return runKeys(words, line, settings);
  if (command !== undefined) throw new SettingsError(`There is no command "${command}". See --help.`);
  const print = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);
  const { ready, stop, failed } = await serve(settings, PLACES, print);
  // Nothing that was acknowledged is in danger, and whoever keeps it running can start it again.
  void failed.then(fail);
  const end = () => void stop().then(() => process.exit(0), fail);
  // `on`, not `once`: a terminal's Ctrl-C arrives here directly and again through whoever started us.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  // Who started it with a channel, as the demo does, has it end when they do, even if they are killed.
  if (process.channel) process.once('disconnect', end);
  // Last: whoever reads it may send a signal at once.
  print(ready);
}

async function runKeys(words: string[], line: CommandLine, settings: Settings): Promise<void> {
  const { projectId, masterKey, host, port, tlsCert, tlsSelfMade, data = PLACES.data } = settings;
  const url = collectorUrl(line.url, { host, port, tls: tlsCert !== undefined || tlsSelfMade });
  const desk = await openDesk(data, { url, projectId, masterKey }, line.url !== undefined);
  try {
    await keysCommand(words, line, desk, {
      print: (text) => process.stdout.write(`${text}\n`),
      remark: (text) => console.error(text),
    });
  } finally {
    await desk.close();
  }
}

const version = (): string =>
  (JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')) as { version: string }).version;

function fail(error: unknown): never {
  // What someone at a terminal can mend is a sentence; where it came from helps only with our own mistakes.
  const expected =
    error instanceof SettingsError ||
    (error as NodeJS.ErrnoException).syscall ||
    /^(IO|Connection) Error/.test((error as Error).message);
  console.error('mailslot collector:', expected ? (error as Error).message : error);
  process.exit(1);
}

// A log that cannot be written, on a full disk or into a pipe that is closed, is no reason to stop recording.
process.stderr.on('error', () => undefined);
// Nor is a line on stdout that nobody reads any more; a key that a full disk does not take is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
run().catch(fail);
