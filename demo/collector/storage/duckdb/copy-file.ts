import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { SettingsError } from '../../model/settings-error.ts';
import { checkComplete, logOf, markComplete } from './file-state.ts';
import { giveName } from './give-name.ts';
import { checkVersion } from './migrate.ts';
import { openAsIs, tablesOf } from './open-file.ts';
import { readChunks } from './read-chunks.ts';

/** What is in a copy. */
export interface Content {
  projectId: string;
  events: number;
  bytes: number;
}

/**
 * Copies the database of a stopped collector, with its log.
 * @returns `undefined` if a running collector has locked the file
 * @throws SettingsError if there is no complete database, or already a file at `to`
 */
export async function copyStopped(file: string, to: string, signal: AbortSignal): Promise<Content | undefined> {
  const from = resolve(file);
  if (!existsSync(from)) throw new SettingsError(`There is no database at ${from}.`);
  checkTarget(to);
  return whileOpen(from, async (connection) => {
    await connection.run('CHECKPOINT');
    const descriptor = openSync(from, 'r');
    return {
      copy: () => receive(to, readChunks(descriptor, statSync(from).size), signal),
      // Only after the database is closed.
      after: () => closeSync(descriptor),
    };
  });
}

interface Work<Result> {
  copy(): Promise<Result>;
  after(): void;
}

/** Runs `prepare` and its copy while the database is open, and so locked. `undefined` if another process has the lock. */
async function whileOpen<Result>(
  path: string,
  prepare: (connection: DuckDBConnection) => Promise<Work<Result>>,
): Promise<Result | undefined> {
  const hadLog = existsSync(logOf(path));
  const database = await openAsIs(path).catch((error: Error) => {
    if (/Could not set lock/i.test(error.message)) return undefined;
    throw error;
  });
  if (!database) return undefined;
  const connection = await database.connect();
  let after = () => {};
  try {
    await checkContent(connection, path, hadLog);
    const work = await prepare(connection);
    after = work.after;
    return await work.copy();
  } finally {
    connection.closeSync();
    database.closeSync();
    after();
  }
}

/** @throws SettingsError if the database is of a newer collector, has lost its log, or has no project */
async function checkContent(connection: DuckDBConnection, path: string, hadLog: boolean): Promise<void> {
  const tables = await tablesOf(connection);
  await checkComplete(connection, path, tables, hadLog);
  if (tables.has('schema_version')) await checkVersion(connection);
}

/** @throws SettingsError */
export function checkTarget(to: string): void {
  for (const path of [to, logOf(to)])
    if (existsSync(path)) throw new SettingsError(`There is already a file at ${path}.`);
  if (!statSync(dirname(resolve(to)), { throwIfNoEntry: false })?.isDirectory())
    throw new SettingsError(`There is no folder ${dirname(resolve(to))}.`);
}

/**
 * Writes a complete database file under another name, checks it, and gives it its name only then. After a failure
 * nothing is left.
 * @throws SettingsError if it is no complete database, or if there is already a file at `to`
 */
export async function receive(to: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Content> {
  checkTarget(to);
  const part = `${resolve(to)}.${randomBytes(4).toString('hex')}.part`;
  try {
    await write(part, chunks, signal);
    return await complete(part, to);
  } finally {
    for (const left of [part, logOf(part)]) rmSync(left, { force: true });
  }
}

/** Writes a new file. The file is open before the copy begins, so that an abort cannot create it afterwards. */
async function write(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  await pipeline(chunks, file.createWriteStream(), { signal });
}

/** Reads what is in the copy, marks it as complete, and gives it its name. */
async function complete(part: string, to: string): Promise<Content> {
  const database = await openAsIs(part);
  const content = await describe(database).finally(() => database.closeSync());
  const file = await open(part, 'r');
  await file.sync();
  await file.close();
  giveName(part, resolve(to));
  return { ...content, bytes: statSync(to).size };
}

async function describe(database: DuckDBInstance): Promise<Omit<Content, 'bytes'>> {
  const connection = await database.connect();
  try {
    const tables = await tablesOf(connection);
    const [project] = tables.has('identity')
      ? (await connection.runAndReadAll('SELECT project_id FROM identity')).getRows()
      : [];
    if (!project) throw new SettingsError('The file holds no project, so it is no complete database of a collector.');
    const [[events]] = (
      await connection.runAndReadAll(`SELECT count(*) FROM events WHERE collection <> ''`)
    ).getRows() as [[bigint]];
    if (tables.has('file_state')) await markComplete(connection);
    await connection.run('CHECKPOINT');
    return { projectId: project[0] as string, events: Number(events) };
  } finally {
    connection.closeSync();
  }
}

/**
 * Puts a backup, or the file of a stopped collector with its log, at a place where there is no database yet.
 * @param isIncomplete takes a file that has lost its log
 * @throws SettingsError as `copyStopped`, and if a running collector uses the file
 */
export async function restoreFile(
  from: string,
  to: string,
  isIncomplete: boolean,
  signal: AbortSignal,
): Promise<Content> {
  const path = resolve(from);
  if (!existsSync(path)) throw new SettingsError(`There is no file ${path}.`);
  checkTarget(to);
  const hadLog = existsSync(logOf(path));
  const readOnly = await openAsIs(path, { access_mode: 'READ_ONLY' }).catch((error: Error) => {
    if (!/Could not set lock/i.test(error.message)) throw error;
    throw new SettingsError(`A running collector uses ${path}. Stop it first, or use "backup".`);
  });
  const descriptors = [path, ...(hadLog ? [logOf(path)] : [])].map((one) => openSync(one, 'r'));
  const part = `${resolve(to)}.${randomBytes(4).toString('hex')}.part`;
  const parts = [part, logOf(part)];
  try {
    const connection = await readOnly.connect();
    await (isIncomplete ? checkSomething(connection, path) : checkContent(connection, path, hadLog)).finally(() =>
      connection.closeSync(),
    );
    for (const [index, descriptor] of descriptors.entries()) {
      const bytes = statSync([path, logOf(path)][index]!).size;
      await write(parts[index]!, readChunks(descriptor, bytes), signal);
    }
    return await complete(part, to);
  } finally {
    readOnly.closeSync();
    descriptors.forEach(closeSync);
    for (const left of parts) rmSync(left, { force: true });
  }
}

/** @throws SettingsError if not even the tables are left */
async function checkSomething(connection: DuckDBConnection, path: string): Promise<void> {
  if (!(await tablesOf(connection)).has('identity'))
    throw new SettingsError(`${path} holds nothing at all: everything was in its log.`);
}
