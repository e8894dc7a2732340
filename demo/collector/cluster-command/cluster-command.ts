import { createHash } from 'node:crypto';
import { identify } from '../keys/identify.ts';
import { SettingsError } from '../model/settings-error.ts';
import type { QueryLimits } from '../storage/cluster/errors.ts';
import {
  type ClusterSettings,
  openClusterStorage,
  openKeysOfCluster,
  openProgress,
  type RunningLoaders,
  readStatus,
  setUpCluster,
  startLoaders,
} from '../storage/cluster/open.ts';
import { importFile } from './import-file.ts';
import { statusLines } from './status.ts';

export const CLUSTER_USAGE = 'cluster init [PARTITIONS] | cluster load [URL …] | cluster status | cluster import FILE';
const MAX_PARTITIONS = 1_024;

export interface ClusterCommand {
  /** The words after the command. */
  words: string[];
  settings: ClusterSettings & { storage: string };
  /** The project's id and keys of the settings. */
  identity: Parameters<typeof identify>[1];
  limits: QueryLimits;
  /** A result, to stdout. */
  print(line: string): void;
  /** Anything else, to stderr. */
  inform(line: string): void;
}

/**
 * Runs a command for the cluster.
 * @returns the loaders of `cluster load`, which go on until they are stopped
 * @throws SettingsError for an unknown command, and for what the operator can mend
 */
export async function clusterCommand(command: ClusterCommand): Promise<RunningLoaders | undefined> {
  const { settings, limits, inform } = command;
  const [verb, ...words] = command.words;
  if (settings.storage !== 'cluster') throw new SettingsError('The commands for a cluster need STORAGE=cluster.');
  const onTrouble = troubles(inform);
  if (verb === 'init' && words.length <= 1) await init(command, words[0], onTrouble);
  else if (verb === 'status' && !words.length)
    for (const line of statusLines(await readStatus(settings, onTrouble))) command.print(line);
  else if (verb === 'import' && words.length === 1) await importInto(command, words[0]!, onTrouble);
  else if (verb === 'load') {
    const urls = words.length ? words : settings.clickhouseUrls.flat();
    const loaders = await startLoaders(settings, urls, { limits, onTrouble });
    inform(`Loading from the log into ${urls.join(', ')}`);
    return loaders;
  } else throw new SettingsError(`The commands for a cluster are: ${CLUSTER_USAGE}`);
  return undefined;
}

/** The same trouble is told once, until there is another one. */
function troubles(inform: (line: string) => void): (error: Error) => void {
  let last: string | undefined;
  return ({ message }) => {
    if (message !== last) inform(`Trying again: ${message}`);
    last = message;
  };
}

async function init(
  { settings, identity, print, inform }: ClusterCommand,
  partitions: string | undefined,
  onTrouble: (error: Error) => void,
): Promise<void> {
  const wanted = partitions === undefined ? undefined : Number(partitions);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0 && wanted <= MAX_PARTITIONS))
    throw new SettingsError(`PARTITIONS must be a whole number from 1 to ${MAX_PARTITIONS}.`);
  const { layout, replicas } = await setUpCluster(settings, wanted);
  inform(
    `${layout.partitions} partitions with ${replicas} replica${replicas > 1 ? 's' : ''} each, and the tables, are there.`,
  );
  const { keys, close } = await openKeysOfCluster(settings, onTrouble);
  try {
    const { projectId, made } = await identify({ keys }, identity, Date.now());
    if (Object.keys(made).length) print(JSON.stringify({ projectId, keys: made }));
  } finally {
    await close();
  }
}

async function importInto(
  { settings, limits, inform }: ClusterCommand,
  file: string,
  onTrouble: (error: Error) => void,
): Promise<void> {
  const storage = await openClusterStorage(settings, { now: Date.now, limits, onTrouble });
  const progress = await openProgress(settings);
  const keyOf = (id: string) => createHash('sha256').update(id).digest('hex').slice(0, 16);
  try {
    await importFile(file, {
      storage,
      progress: { read: (id) => progress.read(keyOf(id)), write: (id, last) => progress.write(keyOf(id), last) },
      inform,
    });
  } finally {
    await progress.close();
    await storage.close();
  }
}
