/** The content of a uniqueness token that mailslot made. */
export interface PageToken {
  /** The page's nonce: 3 to 30 decimal digits. */
  page: string;
  /** The event's number on its page, over all collections, from 1. */
  number: number;
}

// `time-nonce-count`: milliseconds in base 36, 96 random bits in decimal digits, the count in base 36.
const TOKEN = /^[0-9a-z]{9}-(\d{3,30})-([0-9a-z]{9})$/;
/**
 * No page tracks more events. A Write key is public, and one invented count must not report a billion missing events.
 */
const MAX_NUMBER = 1_000_000;

/** The highest number with three digits in base 36. */
export const MAX_THREE_DIGIT_NUMBER = 36 ** 3 - 1;
/** A pattern, also valid in RE2, that matches tokens with a number from 1 to `MAX_THREE_DIGIT_NUMBER`. */
export const THREE_DIGIT_TOKEN_PATTERN =
  '[0-9a-z]{9}-[0-9]{3,30}-000000([1-9a-z][0-9a-z]{2}|0[1-9a-z][0-9a-z]|00[1-9a-z])';

/** Parses a token. Returns `undefined` for a token of another client, which has no number. */
export function readPageToken(token: string | undefined): PageToken | undefined {
  const match = token && TOKEN.exec(token);
  if (!match) return undefined;
  const number = parseInt(match[2]!, 36);
  return number >= 1 && number <= MAX_NUMBER ? { page: match[1]!, number } : undefined;
}
