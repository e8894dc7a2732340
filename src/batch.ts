import type { Entry } from './event.ts';
import type { Answer } from './transport.ts';

/** Keen's names for errors of single events that no retry can fix. */
const FINAL = /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/;

/** Why the collector rejected an entry for good; becomes part of a `Problem`. */
export interface Rejection {
  collection: string;
  status: number;
  /** Keen's name for the error; a 413 can have none. */
  error: unknown;
}

/** What an answer means for one entry. An entry with the verdict `'retry'` stays in the outbox. */
export type Verdict = 'delivered' | 'retry' | Rejection;

/** The body of a request: `{"collection":[event,…],…}`. */
export function encode(batch: Entry[]): string {
  const lists: Record<string, string[]> = Object.create(null);
  for (const [, collection, json] of batch) (lists[collection] ??= []).push(json);
  return `{${Object.entries(lists).map(([collection, events]) => `${JSON.stringify(collection)}:[${events}]`)}}`;
}

/** Whether the collector refused the batch as a whole: it is too large, or one of its events is malformed. */
export const isRefused = (status: number) => status === 400 || status === 413;

/** A verdict for each entry, in the order of the batch. */
export function judge(batch: Entry[], { _status: status, _body: body }: Answer): Verdict[] {
  const counts: Record<string, number> = Object.create(null);
  const refused = isRefused(status);
  return batch.map(([, collection]) => {
    const index = (counts[collection] = (counts[collection] ?? -1) + 1);
    // An answer can be JSON of any shape, and reading it must not throw.
    // mutant: assumes lists
    const result = body?.[collection]?.[index];
    // mutant: any 200
    if (status === 201 || result?.success === true) return 'delivered';
    const error = refused ? body?.error_code : result?.error?.name;
    // A 400 without Keen's `error_code` can come from a proxy, and have nothing to do with the event.
    const isFinal = refused ? error || status > 400 : typeof error === 'string' && FINAL.test(error);
    return isFinal ? { collection, status, error } : 'retry';
  });
}
