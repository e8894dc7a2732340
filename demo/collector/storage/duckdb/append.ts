import { unavailable } from '../../model/errors.ts';
import type { NewEvent } from '../../model/event.ts';
import { createGroupCommit } from '../group-commit.ts';
import { isCommitWithoutMemory } from './commit-memory.ts';
import { isOutOfMemory } from './reader.ts';

/** Characters of JSON after which a group commit takes no further request. */
const MAX_GROUP_CHARS = 8_000_000;
/** Characters of JSON that may wait in memory for a commit. Above it, `append` throws 503. */
const MAX_WAITING_CHARS = 64_000_000;

export interface Appender {
  /**
   * Resolves once the events are committed.
   * @throws DomainError ServiceUnavailableError
   */
  append(events: NewEvent[]): Promise<void>;
  /** Characters of JSON that wait for a commit. */
  waitingChars(): number;
  /** Whether the last `append` succeeded; `true` before the first. */
  healthy(): boolean;
  /** Resolves once no event waits for a commit. */
  idle(): Promise<void>;
}

interface AppenderOptions {
  /** Stores all of these events in one transaction, or none. */
  write(events: NewEvent[]): Promise<void>;
  /** The same with memory that later queries cannot use up. */
  writeWithReserve(events: NewEvent[]): Promise<void>;
  /** Aborts all running queries and resolves once their memory is free. */
  stopQueries(): Promise<void>;
  onCommit(): void;
  onError(error: Error): void;
}

/** Appends events in group commits. */
export function createAppender(options: AppenderOptions): Appender {
  const { write, writeWithReserve, stopQueries, onCommit, onError } = options;
  const commits = createGroupCommit(commit, ({ json }) => json.length, MAX_GROUP_CHARS);
  let healthy = true;

  /** Recording takes precedence over queries: if queries hold all the memory, they are aborted. */
  async function commit(group: NewEvent[]): Promise<void> {
    try {
      await write(group);
    } catch (error) {
      // After a failed COMMIT nobody can tell which rows are in the table.
      if (!isOutOfMemory(error) || isCommitWithoutMemory(error)) throw error;
      await stopQueries();
      await writeWithReserve(group);
    }
  }

  async function append(events: NewEvent[]): Promise<void> {
    if (commits.waitingWeight() > MAX_WAITING_CHARS)
      throw unavailable('The collector has more events waiting than it can write; send these again.');
    try {
      await commits.add(events);
      healthy = true;
      onCommit();
    } catch (error) {
      healthy = false;
      onError(error as Error);
      throw unavailable('The events could not be written to disk; send them again.');
    }
  }

  return { append, waitingChars: commits.waitingWeight, healthy: () => healthy, idle: commits.idle };
}
