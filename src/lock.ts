/**
 * Runs the job while holding the origin's lock of that name; resolves with true, at once, where another tab holds it
 * and `wait` is not set.
 *
 * Without Web Locks (plain http, old browsers) or where asking throws (opaque origins) the job runs all the same: two
 * tabs may then send the same event, and its token keeps it from being counted twice.
 */
export async function withLock(name: string, job: () => Promise<void>, wait?: boolean): Promise<boolean | void> {
  try {
    return await navigator.locks.request(name, { ifAvailable: !wait }, (lock) => (lock ? job() : true));
  } catch {
    return job();
  }
}
