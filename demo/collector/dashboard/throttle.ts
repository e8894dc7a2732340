/** The share of the time that a call may take. */
const MAX_SHARE = 0.25;

/**
 * Limits an expensive call to a quarter of the time: while it is fast it runs each time, once it is slow it runs
 * rarely. Until the next run, and while one is under way, all callers share the latest answer.
 */
export function throttle<Answer>(call: () => Promise<Answer>, now: () => number): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  let nextAt = 0;
  return () => {
    if (answer && now() < nextAt) return answer;
    const startedAt = now();
    nextAt = Infinity;
    answer = call();
    answer.then(
      () => (nextAt = now() + (now() - startedAt) / MAX_SHARE),
      () => (nextAt = 0),
    );
    return answer;
  };
}
