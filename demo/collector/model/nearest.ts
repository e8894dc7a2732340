/** The name closest to `word` in edit distance, as a suggestion for a misspelt one. */
export function nearest(word: string, names: readonly string[]): string {
  // Ignore the spelling's style: `PROJECT_ID` in a file and `--projectId` as a flag are close to the right names.
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const distances = names.map((name) => distance(plain(word), plain(name)));
  return names[distances.indexOf(Math.min(...distances))]!;
}

/** Letters to insert, delete or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  [...from].forEach((letter, index) => {
    const next = [index + 1];
    [...to].forEach((other, at) =>
      next.push(Math.min(row[at]! + Number(letter !== other), row[at + 1]! + 1, next[at]! + 1)),
    );
    row = next;
  });
  return row[to.length]!;
}
