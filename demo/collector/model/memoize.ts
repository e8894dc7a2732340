/**
 * Caches the results of a function of one string. A full cache is cleared, because callers can send any number of
 * strings.
 */
export function memoize<Result>(compute: (text: string) => Result, maxEntries: number): (text: string) => Result {
  const cache = new Map<string, Result>();
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const result = compute(text);
    if (cache.size >= maxEntries) cache.clear();
    cache.set(text, result);
    return result;
  };
}
