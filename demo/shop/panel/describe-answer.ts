/** Reasons shown for one answer; a batch can have hundreds. */
const MAX_NOTES = 4;
/** Characters shown of an answer that is not JSON. */
const MAX_TEXT_CHARS = 200;

export interface AnswerDescription {
  /** Events that the collector acknowledged. */
  acknowledged: number;
  /** The error, or the reasons for refused events; empty if all went well. */
  notes: string[];
}

type Result = { success?: boolean; error?: { name?: string; description?: string } };

/** Describes the collector's answer to a batch. `text` is its body. */
export function describeAnswer({ ok }: { ok: boolean }, text: string): AnswerDescription {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text);
  } catch {
    return { acknowledged: 0, notes: [text.slice(0, MAX_TEXT_CHARS) || 'an empty answer'] };
  }
  if (!ok) {
    const error = [answer.error_code, answer.message].filter(Boolean).join(': ');
    return { acknowledged: 0, notes: [error || 'no reason given'] };
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
