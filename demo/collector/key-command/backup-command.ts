import { SettingsError } from '../model/settings-error.ts';
import { type Content, checkTarget, copyStopped, receive, restoreFile } from '../storage/duckdb/copy-file.ts';
import { explainFailure, missingCredentials, type Remote } from './key-client.ts';
import type { Terminal } from './keys-command.ts';

export const BACKUP_USAGE = 'backup FILE';
export const RESTORE_USAGE = 'restore FILE [--incomplete]';

export interface BackupCommand {
  /** The words after the command. */
  words: string[];
  /** The database file of the settings. */
  data: string;
  /** Aborts the command; nothing half-written is left. */
  signal: AbortSignal;
  terminal: Terminal;
}

/**
 * `backup FILE`: copies the database of a stopped collector, or asks a running one for a copy.
 * @param isRemote never opens the database file
 * @throws SettingsError
 */
export async function backupCommand(
  { words, data, signal, terminal }: BackupCommand,
  remote: Remote,
  isRemote: boolean,
): Promise<void> {
  const file = oneWord(words, BACKUP_USAGE);
  checkTarget(file);
  const content = isRemote ? undefined : await copyStopped(data, file, signal);
  tell(terminal, 'saved to', file, content ?? (await download(file, data, remote, isRemote, signal)));
}

/** `restore FILE`: puts a backup where the settings expect the database. @throws SettingsError */
export async function restoreCommand(
  { words, data, signal, terminal }: BackupCommand,
  isIncomplete: boolean,
): Promise<void> {
  const file = oneWord(words, RESTORE_USAGE);
  tell(terminal, 'restored to', data, await restoreFile(file, data, isIncomplete, signal));
}

function oneWord(words: string[], usage: string): string {
  const [file, ...rest] = words;
  if (file === undefined || rest.length) throw new SettingsError(`The command is: ${usage}`);
  return file;
}

async function download(
  file: string,
  data: string,
  remote: Remote,
  isRemote: boolean,
  signal: AbortSignal,
): Promise<Content> {
  const { url, projectId, masterKey } = remote;
  if (projectId === undefined || masterKey === undefined) throw missingCredentials(data, remote, isRemote);
  const fetched = async () => {
    const response = await fetch(`${url}/3.0/projects/${projectId}/backup`, {
      headers: { authorization: `Bearer ${masterKey}` },
      redirect: 'error',
      signal,
    });
    if (!response.ok || !response.body) {
      const { message } = (await response.json().catch(() => ({}))) as { message?: string };
      throw new SettingsError(message ?? `The collector answered ${response.status}.`);
    }
    return response.body;
  };
  const body = await fetched().catch((error: Error) => {
    throw error instanceof SettingsError ? error : explainFailure(error, url);
  });
  return receive(file, body, signal).catch((error: Error) => {
    // Of a body that ended before its length: a failure of the collector, or of the network.
    if (error.message !== 'terminated') throw error;
    throw new SettingsError('The collector broke the backup off; its log says why. Nothing was saved.');
  });
}

function tell({ print }: Terminal, verb: string, file: string, { projectId, events, bytes }: Content): void {
  print(`Project ${projectId} with ${events} events (${bytes} bytes) is ${verb} ${file}.`);
}
