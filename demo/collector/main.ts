// The collector as a command. Results and the collector's lines of JSON go to stdout, everything else to stderr.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterCommand } from './cluster-command/cluster-command.ts';
import { backupCommand, restoreCommand } from './key-command/backup-command.ts';
import { collectorUrl } from './key-command/collector-url.ts';
import { openKeyClient } from './key-command/key-client.ts';
import { keysCommand, type Terminal } from './key-command/keys-command.ts';
import { logEntry } from './model/log-entry.ts';
import { SettingsError } from './model/settings-error.ts';
import { serve } from './serve.ts';
import { type CommandLine, readCommandLine } from './settings/command-line.ts';
import { help } from './settings/help.ts';
import { readSettings } from './settings/read-settings.ts';
import { keysIn, type Settings } from './settings/settings.ts';

// This file runs from demo/dist/, where the build puts it.
const here = fileURLToPath(new URL('.', import.meta.url));
const PLACES = { dashboard: join(here, 'dashboard'), data: join(here, '../data/collector.duckdb') };

/** A terminal sends Ctrl-C to this process, and npm sends it again. A second signal after this time is a new one. */
const ECHO_MS = 500;
const STOP_TIMEOUT_MS = 60_000;
/** A shell's convention: the exit code of a process that a signal ends is this plus the signal's number. */
const SIGNAL_EXIT_CODE = 128;

async function run(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.help) return void process.stdout.write(help());
  if (line.version) return void process.stdout.write(`${version()}\n`);
  const settings = readSettings(process.env, line, (warning) => console.error(logEntry({ warning })));

  const [command, ...words] = line.command;
  if (settings.storage === 'cluster' && (command === 'backup' || command === 'restore'))
    throw new SettingsError('A cluster has no file to back up. Use BACKUP and RESTORE of ClickHouse; see CLUSTER.md.');
  if (command === 'keys') return runKeys(words, line, settings);
  if (command === 'backup' || command === 'restore') return runBackup(command, words, line, settings);
  if (command === 'cluster') return runCluster(words, settings);
  if (command !== undefined) throw new SettingsError('The commands are keys, backup, restore and cluster. See --help.');
  const print = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const { ready, stop, failed } = await serve(settings, PLACES, print);
  endWith(stop, failed);
  // Last, because the reader of this line can send a signal at once.
  print(ready);
}

/** Ends the process with a signal, or when what it does has failed. */
function endWith(stop: () => Promise<void>, failed: Promise<Error>): void {
  // Acknowledged events are safe on disk, and a process supervisor can restart the collector.
  void failed.then(fail);
  let stoppingSince: number | undefined;
  const end = () => {
    stoppingSince ??= performance.now();
    // A stop always ends. Acknowledged events are on disk by then.
    setTimeout(() => fail(new SettingsError('The stop took too long, and was cut short.')), STOP_TIMEOUT_MS).unref();
    void stop().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) end();
      else if (performance.now() - stoppingSince > ECHO_MS) process.exit(SIGNAL_EXIT_CODE + constants.signals[signal]);
    });
  }
  // A parent with an IPC channel, such as the demo, takes the collector down with it, even if it is killed.
  if (process.channel) process.once('disconnect', end);
}

async function runCluster(words: string[], settings: Settings): Promise<void> {
  const loaders = await clusterCommand({
    words,
    settings,
    identity: { projectId: settings.projectId, keys: keysIn(settings) },
    limits: { seconds: settings.queryTimeout, megabytes: settings.queryMemory },
    ...terminal,
  });
  if (!loaders) process.exit(0);
  endWith(loaders.stop, loaders.failed);
}

async function runKeys(words: string[], line: CommandLine, settings: Settings): Promise<void> {
  const { projectId, masterKey, host, port, tlsCert, tlsSelfMade, data = PLACES.data } = settings;
  const url = collectorUrl(line.url, { host, port, tls: tlsCert !== undefined || tlsSelfMade });
  const client = await openKeyClient(
    data,
    { url, projectId, masterKey },
    line.url !== undefined || settings.storage === 'cluster',
  );
  try {
    await keysCommand(words, line, client, terminal);
  } finally {
    await client.close();
  }
}

async function runBackup(
  command: 'backup' | 'restore',
  words: string[],
  line: CommandLine,
  { projectId, masterKey, host, port, tlsCert, tlsSelfMade, data = PLACES.data }: Settings,
): Promise<void> {
  const aborting = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => aborting.abort(new SettingsError(`${signal} ended the ${command}. Nothing was saved.`)));
  const shared = { words, data, signal: aborting.signal, terminal };
  const url = collectorUrl(line.url, { host, port, tls: tlsCert !== undefined || tlsSelfMade });
  const running =
    command === 'restore'
      ? restoreCommand(shared, line.incomplete === true)
      : backupCommand(shared, { url, projectId, masterKey }, line.url !== undefined);
  await running.catch((error: Error) => {
    throw aborting.signal.aborted ? aborting.signal.reason : error;
  });
}

const terminal: Terminal = {
  print: (text) => process.stdout.write(`${text}\n`),
  inform: (text) => console.error(text),
};

const version = (): string =>
  (JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')) as { version: string }).version;

function fail(error: unknown): never {
  // For an error that the user can fix, show the message alone. A stack helps only with bugs of the collector.
  const expected =
    error instanceof SettingsError ||
    (error as NodeJS.ErrnoException).syscall ||
    /^(IO|Connection) Error/.test((error as Error).message);
  console.error('mailslot collector:', expected ? (error as Error).message : error);
  process.exit(1);
}

// A log that cannot be written, because of a full disk or a closed pipe, must not stop the recording of events.
process.stderr.on('error', () => undefined);
// The same holds for a closed pipe on stdout. A full disk is an error, because it can lose a printed key.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
// Files and folders that the collector creates are for its own user: mode 600 and 700.
process.umask(0o077);
run().catch(fail);
