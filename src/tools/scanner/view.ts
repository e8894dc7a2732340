/** A text that was derived from another one, and remembers where its parts come from. */
export interface View {
  text: string;
  /** The offset in the original text of an offset in this one. Inside of replaced text: where that begins. */
  originOf(at: number): number;
  /** Where the text differs from that of the view before: ranges of offsets, in ascending order. */
  changes: Range[];
}

export interface Range {
  start: number;
  end: number;
}

export const viewOf = (text: string): View => ({
  text,
  originOf: (at) => at,
  changes: [{ start: 0, end: text.length }],
});

/** The view as one whose changes are known already. */
export const asKnown = ({ text, originOf }: View): View => ({ text, originOf, changes: [] });

/**
 * Replaces the matches of a pattern.
 *
 * @param pattern with the flag `g`
 * @param replace the new text for a match, or `undefined` to leave it
 * @returns the same view if nothing was replaced
 */
export function rewrite(
  view: View,
  pattern: RegExp,
  replace: (match: RegExpMatchArray & { index: number }) => string | undefined,
): View {
  const { text } = view;
  /** Part `n` begins at `starts[n]` in the new text and at `origins[n]` in the old one. */
  const starts: number[] = [];
  const origins: number[] = [];
  const parts: string[] = [];
  const replaced: Range[] = [];
  let length = 0;
  let end = 0;
  const add = (part: string, origin: number) => {
    starts.push(length);
    origins.push(origin);
    parts.push(part);
    length += part.length;
  };
  for (const match of text.matchAll(pattern)) {
    const replacement = replace(match as RegExpMatchArray & { index: number });
    if (replacement === undefined) continue;
    add(text.slice(end, match.index), end);
    add(replacement, match.index!);
    replaced.push({ start: length - replacement.length, end: length });
    end = match.index! + match[0].length;
  }
  if (!parts.length) return view;
  add(text.slice(end), end);
  // Odd parts are replacements.
  const moved = (at: number, from: number[], to: number[]) => {
    const part = lastAtMost(from, at);
    return to[part]! + (part % 2 ? 0 : at - from[part]!);
  };
  const before = view.changes.map((range) => ({
    start: moved(range.start, origins, starts),
    end: moved(range.end, origins, starts),
  }));
  return {
    text: parts.join(''),
    originOf: (at) => view.originOf(moved(at, starts, origins)),
    changes: [...before, ...replaced].sort((a, b) => a.start - b.start),
  };
}

/** The index of the last number that is at most `limit`, in an ascending list that begins with 0. */
export function lastAtMost(numbers: number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (numbers[middle]! <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
