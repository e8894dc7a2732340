/** Wrong tokens from one address in a window; then it has to wait for the window's end. */
const MAX_ATTEMPTS = 10;
const WINDOW_MS = 15 * 60_000;
/** Addresses that are remembered; the oldest windows are dropped. */
const MAX_ADDRESSES = 10_000;

/** Counts wrong tokens by address. */
export interface Attempts {
  /**
   * Counts an attempt before its token is compared. An attempt that is compared first and counted later would let many
   * pipelined ones through.
   * @returns the seconds to wait if there were too many, else 0
   */
  begin(address: string): number;
  /** Uncounts an attempt, because its token was right. */
  succeed(address: string): void;
}

export function createAttempts(now: () => number): Attempts {
  const windows = new Map<string, { count: number; end: number }>();

  function windowOf(address: string) {
    const known = windows.get(address);
    if (known && now() < known.end) return known;
    windows.delete(address);
    for (const oldest of windows.keys()) {
      if (windows.size < MAX_ADDRESSES) break;
      windows.delete(oldest);
    }
    const made = { count: 0, end: now() + WINDOW_MS };
    windows.set(address, made);
    return made;
  }

  return {
    begin(address) {
      const attempts = windowOf(address);
      if (attempts.count >= MAX_ATTEMPTS) return Math.max(1, Math.ceil((attempts.end - now()) / 1_000));
      attempts.count++;
      return 0;
    },
    succeed(address) {
      const attempts = windowOf(address);
      attempts.count = Math.max(0, attempts.count - 1);
    },
  };
}
