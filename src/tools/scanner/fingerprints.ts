import type { Fingerprint } from './secrets.ts';

const LINE = /^([\da-f]{64}) ([a-z]+)(?: (id_[\da-f]+))?$/i;

export interface ParsedFingerprints {
  /** Those of keys that can read or manage. */
  fingerprints: Fingerprint[];
  /** What is wrong with the text. It repeats nothing of it. */
  problem?: string;
}

/**
 * Parses the output of `keys list --fingerprints`: in each line a SHA-256 in hex, the class of the key, and its id. Empty
 * lines, and lines that begin with `#`, are comments. Write keys may be in a page, so their lines are ignored.
 */
export function parseFingerprints(text: string): ParsedFingerprints {
  const fingerprints: Fingerprint[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim() || line.startsWith('#')) continue;
    const [, sha256, keyClass, id] = LINE.exec(line.trim()) ?? [];
    if (!sha256 || !keyClass) {
      const problem = `Line ${index + 1} of the fingerprints is not a hash, a class and an id, as keys list --fingerprints prints them.`;
      return { fingerprints: [], problem };
    }
    if (keyClass !== 'write')
      fingerprints.push({ sha256: sha256.toLowerCase(), keyClass, ...(id !== undefined && { id }) });
  }
  // A check against no hash would find nothing, and say that all is well.
  return fingerprints.length
    ? { fingerprints }
    : { fingerprints, problem: 'The fingerprints hold no key that can read or manage.' };
}
