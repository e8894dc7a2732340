import type { NotedRefusal, Refusal } from '../../model/refusal.ts';
import { createRefusalTally } from '../refusal-tally.ts';

const FLUSH_DELAY_MS = 2_000;

export interface RefusalLog {
  add(refusal: Refusal): void;
  /** Writes what waits in memory. Does not throw: after a failure, it is tried again later. */
  flush(): Promise<void>;
  /** Flushes for the last time. */
  end(): Promise<void>;
}

/**
 * Gathers refusals and writes them every two seconds. Equal ones of this time share a row, with their number.
 * @param write writes rows, each of which adds to the others
 */
export function createRefusalLog(
  write: (refusals: Omit<NotedRefusal, 'id'>[]) => Promise<void>,
  onError: (error: Error) => void,
): RefusalLog {
  const tally = createRefusalTally(1);
  /** How often the log has each row. Rows of earlier minutes do not change any more. */
  let written = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let ending = false;

  async function writeChanged(): Promise<void> {
    const changed = tally.take();
    const rows = changed.map(({ id, ...row }) => ({ id, ...row, times: row.times - (written.get(id) ?? 0) }));
    if (!rows.length) return;
    try {
      await write(rows.map(({ id: _, ...row }) => row));
    } catch (error) {
      tally.putBack(changed);
      throw error;
    }
    const open = tally.firstOpenId();
    written = new Map([...written].filter(([id]) => id >= open));
    for (const { id, times } of rows) written.set(id, (written.get(id) ?? 0) + times);
  }

  async function flushNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    try {
      await writeChanged();
    } catch (error) {
      onError(error as Error);
      schedule();
    }
  }

  async function flush(): Promise<void> {
    // One at a time: two would write the same difference.
    while (flushing) await flushing;
    flushing = flushNow().finally(() => (flushing = undefined));
    await flushing;
  }

  function schedule(): void {
    if (!ending) timer ??= setTimeout(() => void flush(), FLUSH_DELAY_MS);
  }

  return {
    add(refusal) {
      tally.add(refusal);
      schedule();
    },
    flush,
    end() {
      ending = true;
      return flush();
    },
  };
}
