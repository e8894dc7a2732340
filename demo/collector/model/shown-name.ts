/** A label of our keys, hex digits as in Keen's keys, or 16 characters of base64 of all three kinds. */
const SECRET =
  /(write|read|master|access)_|[0-9a-f]{24,}|(?=[A-Za-z0-9+/=_-]*[A-Z])(?=[A-Za-z0-9+/=_-]*[a-z])(?=[A-Za-z0-9+/=_-]*\d)[A-Za-z0-9+/=_-]{16,}/;
const MAX_SHOWN_CHARS = 80;

/** Whether a text looks as if a key stood in it, in any of the usual forms, escaped for a URL too. */
export const looksSecret = (text: string): boolean =>
  isSecret(text) || (text.includes('%') && isSecret(unescaped(text)));

const isSecret = (text: string) => SECRET.test(text) || /[0-9a-f]{24,}|(write|read|master|access)_/i.test(text);

/** Each escape alone, because `decodeURIComponent` throws if one of them is wrong. */
const unescaped = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/** A name that a client sent, for a message to that client: in quotes, cut short, and `…` if it could be a key. */
export const shownName = (name: string): string =>
  JSON.stringify(looksSecret(name) ? '…' : name.length > MAX_SHOWN_CHARS ? `${name.slice(0, MAX_SHOWN_CHARS)}…` : name);
