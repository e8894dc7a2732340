/** Reasons shown of one answer; a batch can have hundreds. */
const MOST_NOTES = 4;

type Result = { success?: boolean; error?: { name?: string; description?: string } };

/** What the collector said: how many events it took, and in its own words why not the others. */
export function describeAnswer({ ok }: { ok: boolean }, text: string): { taken: number; notes: string[] } {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text);
  } catch {
    return { taken: 0, notes: [text.slice(0, 200) || 'an empty answer'] };
  }
  if (!ok)
    return { taken: 0, notes: [[answer.error_code, answer.message].filter(Boolean).join(': ') || 'no reason given'] };

  let taken = 0;
  const refusals = new Map<string, number>();
  for (const [collection, results] of Object.entries(answer)) {
    for (const { success, error } of Array.isArray(results) ? (results as Result[]) : []) {
      if (success) taken++;
      else {
        const why = `${collection}: ${error?.name ?? 'refused'}${error?.description ? `, ${error.description}` : ''}`;
        refusals.set(why, (refusals.get(why) ?? 0) + 1);
      }
    }
  }
  const notes = [...refusals].map(([why, times]) => (times > 1 ? `${times} × ${why}` : why));
  if (notes.length > MOST_NOTES)
    notes.splice(MOST_NOTES - 1, notes.length, `and ${notes.length - MOST_NOTES + 1} other reasons`);
  return { taken, notes };
}
