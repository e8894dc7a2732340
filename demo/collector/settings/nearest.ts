/** The one of `names` that `word` was probably meant to be: the one that takes the fewest letters to change into. */
export function nearest(word: string, names: readonly string[]): string {
  // `PROJECT_ID` in a file and `--projectId` as a flag are right in all but their spelling.
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const distances = names.map((name) => distance(plain(word), plain(name)));
  return names[distances.indexOf(Math.min(...distances))]!;
}

/** Letters to put in, take out or replace (Levenshtein). */
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
