/** A label of our keys, hex digits as in Keen's keys, or 16 characters of base64 of all three kinds. */
const SECRET =
  /(write|read|master|access)_|[0-9a-f]{24,}|(?=[A-Za-z0-9+/=_-]*[A-Z])(?=[A-Za-z0-9+/=_-]*[a-z])(?=[A-Za-z0-9+/=_-]*\d)[A-Za-z0-9+/=_-]{16,}/;
const MAX_SHOWN_CHARS = 80;

/** Whether a text looks as if a key stood in it, in any of the usual forms. */
export const looksSecret = (text: string): boolean =>
  SECRET.test(text) || /[0-9a-f]{24,}|(write|read|master|access)_/i.test(text);

/** A name that a client sent, for a message to that client: in quotes, cut short, and `…` if it could be a key. */
export const shownName = (name: string): string =>
  JSON.stringify(looksSecret(name) ? '…' : name.length > MAX_SHOWN_CHARS ? `${name.slice(0, MAX_SHOWN_CHARS)}…` : name);
