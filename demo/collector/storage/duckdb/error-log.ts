import { logEntry } from '../../model/log-entry.ts';
import { isCommitWithoutMemory } from './commit-memory.ts';

/** Logs failures of the database that no caller waits for. */
export interface ErrorLog {
  /** A callback that logs errors as `message: …` on standard error. */
  as(message: string): (error: Error) => void;
  /**
   * Resolves with the first error after which the file has to be opened again: DuckDB rejects all work, or a commit
   * failed halfway.
   */
  fatal: Promise<Error>;
}

export function createErrorLog(): ErrorLog {
  let resolveFatal!: (error: Error) => void;
  const fatal = new Promise<Error>((resolve) => (resolveFatal = resolve));
  return {
    as: (message) => (error) => {
      console.error(logEntry({ error: `${message}: ${error.message}` }));
      if (/^FATAL Error/.test(error.message) || isCommitWithoutMemory(error)) resolveFatal(error);
    },
    fatal,
  };
}
