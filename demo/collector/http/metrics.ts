import type { Storage } from '../storage/storage.ts';

/** Upper bounds of the latency histogram's buckets, in seconds. */
const LATENCY_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Figures of this process since its start, in Prometheus' text format. */
export interface Metrics {
  /** Counts an answered request. */
  request(status: number, ms: number, refused: boolean): void;
  text(): string;
}

export function createMetrics(storage: Pick<Storage, 'size' | 'healthy' | 'overview'>): Metrics {
  const requests = new Map<number, number>();
  const refusals = new Map<number, number>();
  const buckets = LATENCY_BOUNDS_S.map(() => 0);
  let [count, seconds] = [0, 0];
  const raise = (counts: Map<number, number>, status: number) => counts.set(status, (counts.get(status) ?? 0) + 1);

  return {
    request(status, ms, refused) {
      raise(requests, status);
      if (refused) raise(refusals, status);
      count++;
      seconds += ms / 1000;
      const bucket = LATENCY_BOUNDS_S.findIndex((bound) => ms / 1000 <= bound);
      if (bucket >= 0) buckets[bucket]!++;
    },
    text() {
      const { stored, repeats } = storage.overview.recorded();
      const { fileBytes, logBytes, waitingChars } = storage.size();
      let below = 0;
      const latency = LATENCY_BOUNDS_S.map((bound, index) => `_bucket{le="${bound}"} ${(below += buckets[index]!)}`);
      const byStatus = (counts: Map<number, number>) => [...counts].map(([status, n]) => `{status="${status}"} ${n}`);
      return [
        family('events_stored_total', 'counter', 'Events stored.', [` ${stored}`]),
        family('events_repeated_total', 'counter', 'Repeats of stored events, dropped.', [` ${repeats}`]),
        family('requests_total', 'counter', 'Requests by status of the answer.', byStatus(requests)),
        family('refusals_total', 'counter', 'Refused requests by status of the answer.', byStatus(refusals)),
        family('request_duration_seconds', 'histogram', 'Time from the headers to the end of the answer.', [
          ...latency,
          `_bucket{le="+Inf"} ${count}`,
          `_sum ${seconds}`,
          `_count ${count}`,
        ]),
        family('waiting_characters', 'gauge', 'Characters of JSON that wait for a commit.', [` ${waitingChars}`]),
        family('database_file_bytes', 'gauge', 'Size of the database file.', [` ${fileBytes}`]),
        family('database_log_bytes', 'gauge', 'Size of its write-ahead log.', [` ${logBytes}`]),
        family('resident_memory_bytes', 'gauge', 'Memory of the process.', [` ${process.memoryUsage.rss()}`]),
        family('healthy', 'gauge', '1 if events can be written, else 0.', [` ${Number(storage.healthy())}`]),
      ].join('');
    },
  };
}

/** @param samples each without the family's name at its start */
const family = (name: string, type: string, help: string, samples: string[]): string =>
  [
    `# HELP collector_${name} ${help}`,
    `# TYPE collector_${name} ${type}`,
    ...samples.map((one) => `collector_${name}${one}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
