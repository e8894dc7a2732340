import type { LoadedCollector } from './collector.ts';

/** Looks at the collector's memory several times a second, until `end`: the highest of each quarter of the time. */
export function watchMemory({ memory }: LoadedCollector) {
  const seen = [memory()];
  const timer = setInterval(() => seen.push(memory()), 250);
  return {
    end() {
      clearInterval(timer);
      seen.push(memory());
      const quarter = Math.ceil(seen.length / 4);
      const quarters = [0, 1, 2, 3]
        .map((index) => seen.slice(index * quarter, (index + 1) * quarter))
        .filter(({ length }) => length);
      return { quarters: quarters.map((part) => Math.max(...part)), highest: Math.max(...seen) };
    },
  };
}
