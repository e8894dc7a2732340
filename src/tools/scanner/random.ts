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
/** Letters alone, in both cases, must be longer to differ from camel case. */
const MIN_LETTERS = 20;
/** Characters per word: about 2.1 in random base62, 2.5 in random base36, over 3.5 in identifiers. */
const MAX_WORD_CHARS = 3;

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

/** The same for text in which `-` and `_` are characters of the key, as in base64url. */
export function isRandom(text: string): boolean {
  if (findRandom(text) >= 0) return true;
  const characters = text.replace(/[^A-Za-z\d]/g, '');
  return characters.length >= 16 && characters.length > text.length * 0.8 && isScrambled(text, characters, 2.5);
}

/** Whether letters and digits without a separator are random. */
export function isRandomSegment(segment: string): boolean {
  if (segment.length < MIN_DIGITS || new Set(segment).size < MIN_DISTINCT) return false;
  if (/^\d+$/.test(segment)) return !TIME.test(segment);
  if (segment.length < MIN_CHARS) return false;
  const hasDigit = /\d/.test(segment);
  if (/^([\da-f]+|[\dA-F]+)$/.test(segment)) return hasDigit;
  if (/\d{8}/.test(segment)) return !TIME.test(/\d{8,}/.exec(segment)![0]);
  if (!hasDigit) return segment.length >= MIN_LETTERS && isScrambled(segment, segment, 2.2);
  return isScrambled(segment, segment);
}

/** Whether a text changes between capitals, small letters and digits more often than names do. */
function isScrambled(text: string, characters: string, maxWordChars = MAX_WORD_CHARS): boolean {
  const words = text.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
  return characters.length / words.length <= maxWordChars && (text.match(/\d+/g)?.length ?? 2) >= 2;
}
