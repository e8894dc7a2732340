/** Reasons shown for one answer; a batch can have hundreds. */
const MAX_NOTES = 4;

export interface AnswerDescription {
  /** Events that the collector acknowledged. */
  acknowledged: number;
  /** The error, or the reasons for refused events; empty if all went well. */
  notes: string[];
}

type Result = { success?: boolean; error?: { name?: string; description?: string } };

/** Describes the collector's answer to a batch: `body` is its parsed JSON, or undefined if it was something else. */
export function describeAnswer(status: number, body: any): AnswerDescription {
  const answer: Record<string, unknown> | undefined = typeof body === 'object' && body ? body : undefined;
  if (status > 299 || !answer) {
    const error = [answer?.error_code, answer?.message].filter(Boolean).join(': ');
    return { acknowledged: 0, notes: [error || (answer ? 'no reason given' : 'no JSON: not the collector’s answer')] };
  }

  let acknowledged = 0;
  const refusals = new Map<string, number>();
  for (const [collection, results] of Object.entries(answer)) {
    for (const { success, error } of Array.isArray(results) ? (results as Result[]) : []) {
      if (success) acknowledged++;
      else {
        const reason = `${collection}: ${error?.name ?? 'refused'}${error?.description ? `, ${error.description}` : ''}`;
        refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
      }
    }
  }
  const notes = [...refusals].map(([reason, times]) => (times > 1 ? `${times} × ${reason}` : reason));
  if (notes.length > MAX_NOTES)
    notes.splice(MAX_NOTES - 1, notes.length, `and ${notes.length - MAX_NOTES + 1} other reasons`);
  return { acknowledged, notes };
}
