import type { Problem } from '../../index.ts';
import type { TakenEvent, Weather } from './collector.ts';

/** What is known when an event has not come. */
export interface Missing {
  collection: string;
  /** Milliseconds. */
  timeout: number;
  received: readonly TakenEvent[];
  /** Events in the queues of the mailbox's trackers. */
  waiting: number;
  weather: Weather;
  problems: readonly Problem[];
  /** Another mock has taken the place of the mailbox's `fetch`. */
  isReplaced: boolean;
}

/** Says why an event may not have come, and what came instead. Names collections, and no property or key. */
export function describeMissing(missing: Missing): string {
  const { collection, timeout, received, waiting, weather, problems, isReplaced } = missing;
  const counts = new Map<string, number>();
  for (const one of received) counts.set(one.collection, (counts.get(one.collection) ?? 0) + 1);
  const came = [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
  const read = counts.has(collection) ? `; next() has returned those of "${collection}" before` : '';
  const lines = [`mailslot: no "${collection}" came within ${timeout} ms`, `what came: ${came || 'nothing'}${read}`];
  if (waiting) lines.push(`${waiting} wait in the queue, ${describeWeather(weather)}`);
  else if (problems.length) lines.push('nothing waits in the queue');
  for (const { code, count, collection: of, status, error } of problems.slice(-3)) {
    const details = [of && `of "${of}"`, status && `status ${status}`, error && String(error)].filter(Boolean);
    lines.push(`the tracker reported ${code}, ${count} given up${details.length ? ` (${details.join(', ')})` : ''}`);
  }
  if (isReplaced) lines.push('fetch was replaced after box.tracker(): stub it with box.fetch');
  return lines.join('\n  ');
}

function describeWeather({ isOffline, refusesKeys, status, times, delay }: Weather): string {
  if (isOffline) return 'and the mailbox is offline';
  if (refusesKeys) return 'and the mailbox refuses the key';
  if (status !== undefined && times > 0) return `and the mailbox answers ${status}`;
  if (delay) return `and each answer takes ${delay} ms`;
  return 'held back by consent, a pause or a wait';
}
