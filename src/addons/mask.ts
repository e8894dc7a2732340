/**
 * What looks like personal data or a secret: an e-mail address, a number of at least 12 digits (cards, accounts, with the letters of an IBAN), and a
 * run of at least 20 characters with digits between letters (tokens, hashes, UUIDs). In stacks of Firefox and Safari an `@` is
 * between a function and its URL.
 */
const PRIVATE =
  /[^\s/?&=]+(@|%(25)*40)(?![\w-]+:\/\/)[^\s/?&]+|[a-z]{0,2}(\d([ +-]|%20)?){12,}|(?=[\w-]*[a-z]\d+[a-z])[\w-]{20,}/gi;

/** A text with `*` for whatever looks private; at most `length` of its characters. */
export const mask = (text: string, length = 1000) => text.slice(0, length).replace(PRIVATE, '*');
