import { logEntry } from '../../model/log-entry.ts';

/** Logs failures of the database that no caller waits for. */
export interface ErrorLog {
  /** A callback that logs errors as `message: …` on standard error. */
  as(message: string): (error: Error) => void;
  /** Resolves with the first error after which DuckDB rejects all work until the file is opened again. */
  fatal: Promise<Error>;
}

export function createErrorLog(): ErrorLog {
  let resolveFatal!: (error: Error) => void;
  const fatal = new Promise<Error>((resolve) => (resolveFatal = resolve));
  return {
    as: (message) => (error) => {
      console.error(logEntry({ error: `${message}: ${error.message}` }));
      if (/^FATAL Error/.test(error.message)) resolveFatal(error);
    },
    fatal,
  };
}
