/** What mailslot's own uniqueness token says: the `number`th event that a page has tracked, over all collections, from 1 on. */
export interface PageToken {
  page: string;
  number: number;
}

// `time-nonce-count`, as the tracker makes it: milliseconds in base 36, 96 random bits in decimals, the count in base 36.
const TOKEN = /^[0-9a-z]{9}-(\d{3,30})-([0-9a-z]{9})$/;
/** No page tracks so many; a Write key is public, and one made-up count must not open a billion gaps. */
const MAX_NUMBER = 1_000_000;

/** The highest number of three digits in base 36; and the tokens with a number from 1 to it, as a pattern that the database reads too. */
export const THREE_DIGITS = 36 ** 3 - 1;
export const UP_TO_THREE_DIGITS = '[0-9a-z]{9}-[0-9]{3,30}-000000([1-9a-z][0-9a-z]{2}|0[1-9a-z][0-9a-z]|00[1-9a-z])';

/** Reads a token; `undefined` for those of others, which number nothing. */
export function readPageToken(token: string | undefined): PageToken | undefined {
  const match = token && TOKEN.exec(token);
  if (!match) return undefined;
  const number = parseInt(match[2]!, 36);
  return number >= 1 && number <= MAX_NUMBER ? { page: match[1]!, number } : undefined;
}
