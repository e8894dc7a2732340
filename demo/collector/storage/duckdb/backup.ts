import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { conflict, unavailable } from '../../model/errors.ts';
import type { Semaphore } from '../semaphore.ts';
import type { Backup } from '../storage.ts';
import { logOf, markComplete, markOpen } from './file-state.ts';
import { readChunks } from './read-chunks.ts';

/**
 * Bytes of the log at which a backup is given up. From 2 GB on, DuckDB would move it into the file by itself, under the
 * backup.
 */
const MAX_LOG_BYTES = 1_000_000_000;
/** A checkpoint cannot start while rows are removed, or while a query reads an older version of a row. */
const RETRY_DELAY_MS = 500;
const MAX_RETRY_MS = 60_000;

export interface Backups {
  /**
   * Begins a backup. Between two checkpoints DuckDB only adds to the file and overwrites nothing that its header refers
   * to, so the file is complete as it was at the last one. Recording goes on, into the log.
   */
  begin(): Promise<Backup>;
  /** Ends a running backup with an error. */
  abort(): void;
  /** Closes the file's descriptor. Call it after the database is closed. */
  close(): void;
}

export interface BackupOptions {
  file: string;
  /** The writing connection. */
  connection: DuckDBConnection;
  writeLock: Semaphore;
  /** Held by each checkpoint, and by a backup from its checkpoint to its end. */
  checkpointLock: Semaphore;
}

export function createBackups({ file, connection, writeLock, checkpointLock }: BackupOptions): Backups {
  let descriptor: number | undefined;
  /** Ends the running backup. */
  let end: (() => void) | undefined;
  let closing = false;

  /** The copy must not look like an open file, so this one is marked as complete for the time of the checkpoint. */
  async function checkpoint(): Promise<number> {
    for (const deadline = performance.now() + MAX_RETRY_MS; ; await sleep(RETRY_DELAY_MS)) {
      try {
        return await writeLock.run(async () => {
          await markComplete(connection);
          try {
            await connection.run('CHECKPOINT');
            return statSync(file).size;
          } finally {
            await markOpen(connection, file);
          }
        });
      } catch (error) {
        if (!/write transactions active/.test((error as Error).message)) throw error;
        if (closing || performance.now() > deadline)
          throw unavailable('A removal or a long query is running; ask for the backup again.');
      }
    }
  }

  async function* read(bytes: number, isOver: () => boolean, release: () => void): AsyncGenerator<Buffer> {
    const stopping = () => unavailable('The collector is stopping, or nobody waits for the backup any more.');
    try {
      if (isOver()) throw stopping();
      descriptor ??= openSync(file, 'r');
      const chunks = readChunks(descriptor, bytes);
      while (!isOver()) {
        const { done, value } = await chunks.next();
        // Once it is over, the file can have changed while it was read.
        if (isOver()) break;
        if (done) return;
        if ((statSync(logOf(file), { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES)
          throw unavailable('The backup was read too slowly for the events that arrived meanwhile.');
        yield value;
      }
      throw stopping();
    } finally {
      release();
    }
  }

  async function begin(): Promise<Backup> {
    if (end) throw conflict('Another backup is running.');
    let isOver = false;
    let releaseLock: (() => void) | undefined;
    const release = () => {
      if (isOver) return;
      isOver = true;
      end = undefined;
      releaseLock?.();
    };
    end = release;
    try {
      releaseLock = await checkpointLock.acquire(MAX_RETRY_MS);
      if (!releaseLock) throw unavailable('A checkpoint is running; ask for the backup again.');
      const bytes = await checkpoint();
      return { bytes, chunks: read(bytes, () => isOver, release), end: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  return {
    begin,
    abort() {
      closing = true;
      end?.();
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
