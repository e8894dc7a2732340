import { wordLikeness } from './word-likeness.ts';

/**
 * Tells random text from words. A label alone is no key: `readOnlyProperty` and `master_volume` are names. A label
 * before random text is one.
 */

/** The shortest random part of a key. A collector takes keys of 16 characters, with the label. */
const MIN_CHARS = 12;
/** Digits alone have less entropy per character, but no words. */
const MIN_DIGITS = 10;
/** Fewer different characters are a placeholder, such as `read_xxxxxxxxxxxx`. */
const MIN_DISTINCT = 4;
/** Letters alone must be more, and less like words. */
const MIN_LETTERS = 20;
const MAX_LIKENESS = -0.2;
const MAX_LIKENESS_OF_LETTERS = -0.5;
/** Of text with separators, such as base64url and names in kebab case. */
const MIN_SEPARATED_CHARS = 16;
const MAX_LIKENESS_OF_SEPARATED = -0.4;
const MAX_LIKENESS_OF_SHORT = -0.8;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;

/** Seconds or milliseconds since 1970 in this century's first third, or a date with or without a time. */
const TIME = /^(1\d{9}|1\d{12}|(19|20)\d{6}(\d{4}|\d{6}|\d{9})?)$/;

/** Where random text begins in a run of `[A-Za-z0-9_-]`: the start of its first random segment; -1 without one. */
export function findRandom(run: string): number {
  for (const { index, 0: segment } of run.matchAll(/[A-Za-z\d]+/g)) {
    if (UUID.test(run.slice(index))) return index;
    if (isRandomSegment(segment)) return index;
  }
  return -1;
}

/** The same for text in which `-`, `_`, `+` and `/` can be characters of the key, as in base64. */
export const isRandom = (text: string): boolean => findRandom(text) >= 0 || isScrambled(text);

/** Whether the whole of a text with separators is random, and not only a part of it. */
export function isScrambled(text: string): boolean {
  const characters = text.replace(/[^A-Za-z\d]/g, '');
  if (characters.length < MIN_CHARS || characters.length < text.length * 0.7) return false;
  if (new Set(characters).size < MIN_DISTINCT) return false;
  const isLong = characters.length >= (/\d/.test(text) ? MIN_SEPARATED_CHARS : MIN_LETTERS);
  return wordLikeness(text) < (isLong ? MAX_LIKENESS_OF_SEPARATED : MAX_LIKENESS_OF_SHORT);
}

/** Whether letters and digits without a separator are random. */
export function isRandomSegment(segment: string): boolean {
  if (segment.length < MIN_DIGITS || new Set(segment).size < MIN_DISTINCT) return false;
  if (/^\d+$/.test(segment)) return !TIME.test(segment);
  if (segment.length < MIN_CHARS) return false;
  const hasDigit = /\d/.test(segment);
  if (/^([\da-f]+|[\dA-F]+)$/.test(segment)) return hasDigit;
  if (/\d{8}/.test(segment)) return !TIME.test(/\d{8,}/.exec(segment)![0]);
  if (hasDigit) return wordLikeness(segment) < MAX_LIKENESS;
  return segment.length >= MIN_LETTERS && wordLikeness(segment) < MAX_LIKENESS_OF_LETTERS;
}
