import type { Entry } from './event.ts';
import type { Answer } from './transport.ts';

/** Why the collector rejected an entry for good; becomes part of a `Problem`. */
export interface Rejection {
  collection: string;
  status: number;
  /** Keen's name for the error; a 413 can have none. */
  error: unknown;
}

/** What an answer means for one entry; undefined if it stays in the outbox. */
export type Verdict = 'delivered' | Rejection | undefined;

/** A batch as the body of a request. */
export interface Body {
  /** `{"collection":[event,…],…}` */
  _text: string;
  /** For each entry, its index in the list of its collection. */
  _indexes: number[];
}

export function encode(batch: Entry[]): Body {
  const lists: Record<string, string[]> = Object.create(null);
  const indexes = batch.map((entry) => {
    const list = (lists[entry[1]] ??= []);
    list[list.length] = entry[2];
    return list.length - 1;
  });
  const members = Object.keys(lists).map((name) => JSON.stringify(name) + ':[' + lists[name]!.join() + ']');
  return { _text: `{${members.join()}}`, _indexes: indexes };
}

/** Whether the collector refused the batch as a whole: it is too large, or one of its events is malformed. */
export const isRefused = (status: number) => status === 400 || status === 413;

/** Reads from an answer what became of one entry; `index` is the entry's index in the list of its collection. */
export function judge(entry: Entry, index: number, { status, body }: Answer): Verdict {
  const collection = entry[1];
  // An answer can be JSON of any shape, and reading it must not throw.
  // mutant: assumes lists
  const result = body?.[collection]?.[index];
  // mutant: any 200
  if (status === 201 || result?.success === true) return 'delivered';
  const refused = isRefused(status);
  const error = refused ? body?.error_code : result?.error?.name;
  // A 400 without Keen's `error_code` can come from a proxy, and have nothing to do with the event. Otherwise only
  // these names, which Keen gives to errors of single events, mean that no retry can fix the event.
  const isFinal = refused
    ? error || status > 400
    : typeof error === 'string' && /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/.test(error);
  if (isFinal) return { collection, status, error };
  return;
}
