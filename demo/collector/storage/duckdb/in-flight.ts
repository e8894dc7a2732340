import type { DuckDBConnection } from '@duckdb/node-api';
import { unavailable } from '../../model/errors.ts';

/** Work that is not interrupted within this time of a stop ends by itself. */
const GRACE_MS = 5_000;
/** An interrupt between two statements has no effect, so it is repeated. */
const INTERRUPT_INTERVAL_MS = 50;

/** The operations that use the database. None may run while it is closed: DuckDB would deadlock. */
export interface InFlight {
  /**
   * Runs an operation, which `finish` waits for.
   * @throws DomainError ServiceUnavailableError once the stop has begun; also if the stop interrupts the operation
   */
  run<T>(operation: () => Promise<T>): Promise<T>;
  /** Makes a connection interruptible until it is closed. */
  adopt(connection: DuckDBConnection): void;
  /** Forgets a connection. Call it before its close. */
  release(connection: DuckDBConnection): void;
  /** Refuses later operations, and resolves when none is left. Interrupts those that outlast the grace period. */
  finish(): Promise<void>;
}

export function createInFlight(graceMs = GRACE_MS): InFlight {
  const operations = new Set<Promise<unknown>>();
  const connections = new Set<DuckDBConnection>();
  let closing = false;
  let interrupting = false;

  async function run<T>(operation: () => Promise<T>): Promise<T> {
    if (closing) throw stopping();
    const result = operation();
    operations.add(result);
    try {
      return await result;
    } catch (error) {
      throw interrupting ? stopping() : error;
    } finally {
      operations.delete(result);
    }
  }

  async function finish(): Promise<void> {
    closing = true;
    let interval: NodeJS.Timeout | undefined;
    const grace = setTimeout(() => {
      interrupting = true;
      interval = setInterval(() => connections.forEach((connection) => connection.interrupt()), INTERRUPT_INTERVAL_MS);
    }, graceMs);
    await Promise.allSettled(operations);
    clearTimeout(grace);
    clearInterval(interval);
  }

  return {
    run,
    adopt: (connection) => void connections.add(connection),
    release: (connection) => void connections.delete(connection),
    finish,
  };
}

const stopping = () => unavailable('The collector is stopping.');
