import type { LoadedCollector } from './collector.ts';

/** The collector's resident memory over a time, in bytes. */
export interface MemoryWatch {
  /** Ends the watch: the maximum of each quarter of the time, and of all of it. */
  end(): { quarters: number[]; highest: number };
}

const INTERVAL_MS = 250;

/** Watches the collector's memory. */
export function watchMemory({ memory }: LoadedCollector): MemoryWatch {
  const samples = [memory()];
  const timer = setInterval(() => samples.push(memory()), INTERVAL_MS);
  return {
    end() {
      clearInterval(timer);
      samples.push(memory());
      const quarter = Math.ceil(samples.length / 4);
      const quarters = [0, 1, 2, 3]
        .map((index) => samples.slice(index * quarter, (index + 1) * quarter))
        .filter(({ length }) => length);
      return { quarters: quarters.map((part) => Math.max(...part)), highest: Math.max(...samples) };
    },
  };
}
