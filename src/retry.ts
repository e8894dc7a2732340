import { backoff } from './backoff.ts';

/** Decides when the next request may go. */
export interface RetryGate {
  /** Milliseconds until the next request; zero or less if it may go now. */
  _wait(): number;
  /** Ends a series of failures: the collector has delivered or rejected an event. */
  _succeeded(): void;
  /**
   * Closes the gate: for the time that the collector asked for, from a second to a day, or with backoff.
   *
   * @param retryAfter the Retry-After header: seconds or an HTTP date; see
   *   https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
   * @param hasProgress the request settled some of its events, so it does not count as a failure in a row
   */
  _failed(retryAfter?: string | null, hasProgress?: unknown): void;
  /**
   * Ends the present wait of a backoff, at once or a second after the wait that it ended before, because a page can call
   * `flush()` or `setWriteKey()` in answer to each failure. Later failures still wait longer than earlier ones.
   */
  _hurry(): void;
  /** Ends a series of failures and its wait. A wait that the collector asked for stays, unless `force` is set. */
  _open(force?: boolean): void;
}

export function createRetryGate(): RetryGate {
  const HURRY_MS = 1_000;
  /** A timer would overflow beyond 24.8 days. */
  const MAX_RETRY_AFTER_MS = 86_400_000;
  let failures = 0;
  /** Earliest time of the next request by backoff, on the monotonic clock. */
  let notBefore = 0;
  /** The collector asked for this wait (Retry-After), so neither `online` nor `flush()` may cut it short. */
  let askedUntil = 0;
  let nextHurry = 0;

  return {
    _wait: () => Math.max(notBefore, askedUntil) - performance.now(),
    _succeeded() {
      failures = 0;
    },
    _failed(retryAfter, hasProgress) {
      const now = performance.now();
      // NaN or less if the collector asked for nothing, or for so little that it would get a storm.
      // mutant: Retry-After
      const asked = Math.min(+retryAfter! * 1000 || Date.parse(retryAfter!) - Date.now(), MAX_RETRY_AFTER_MS);
      if (!hasProgress) failures++;
      if (asked > 999) askedUntil = Math.max(askedUntil, now + asked);
      // mutant: no backoff
      else notBefore = Math.max(notBefore, now + backoff(failures));
    },
    _hurry() {
      // A server must not be asked for the time before the first failure.
      // mutant: hurry limit
      const at = notBefore && Math.max(performance.now(), nextHurry);
      if (at < notBefore) nextHurry = (notBefore = at) + HURRY_MS;
    },
    _open(force) {
      failures = 0;
      if (force) {
        notBefore = Math.max(notBefore, askedUntil);
        askedUntil = 0;
      }
      this._hurry();
    },
  };
}
