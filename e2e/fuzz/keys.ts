// The keys of a fuzzed collector, the forms in which a request can hold one, and the traces by which one is found.

/** Keys that the operator has chosen: with our label, in Keen's format, and in base64. */
export const OPERATOR_KEYS = {
  write: `write_${'5e0f3c1b'.repeat(6)}`,
  read: 'B7C6D5E4'.repeat(24),
  master: 'q9WxT4zLm08KdRv7/BtYu3P+5Zk3h8aPq0LmN7xyT5dw/Hc2',
};
/** Keys of other projects. */
export const FOREIGN_KEYS = { foreign: `read_${'e1c40b7a'.repeat(6)}`, scoped: '0F1E2D3C4B5A6978'.repeat(12) };

/** The names by which a request calls a key. Those that the collector makes differ from run to run. */
export const KEY_NAMES = [
  ...['write', 'read', 'master', 'foreign', 'scoped', 'madeWrite', 'madeMaster'],
  ...['accessWrites', 'accessQueries', 'accessSchema', 'accessAll', 'accessPlain', 'accessRevoked'],
] as const;
export type KeyName = (typeof KEY_NAMES)[number];
export type Keys = Record<KeyName, string>;

export const FORMS = ['whole', 'first', 'second', 'base64', 'hex', 'escaped'] as const;
export type Form = (typeof FORMS)[number];

export function inForm(key: string, form: Form): string {
  const half = Math.ceil(key.length / 2);
  switch (form) {
    case 'whole':
      return key;
    case 'first':
      return key.slice(0, half);
    case 'second':
      return key.slice(half);
    case 'base64':
      return Buffer.from(key).toString('base64');
    case 'hex':
      return Buffer.from(key).toString('hex');
    case 'escaped':
      // Every character, as no client does but every server understands.
      return [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  }
}

/** A text of letters alone, which no encoding changes. It stands for a key until the request is sent. */
export const placeholder = (name: KeyName, form: Form): string => `KEYx${name}x${form}x`;

const PLACEHOLDER = new RegExp(`KEYx(${KEY_NAMES.join('|')})x(${FORMS.join('|')})x`, 'g');

/** @param encode how the place encodes a text */
export const withKeys = (text: string, keys: Keys, encode: (key: string) => string): string =>
  text.replace(PLACEHOLDER, (_, name: KeyName, form: Form) => encode(inForm(keys[name], form)));

/** Texts that give a key away: the whole, halves, and encodings of it. */
export function tracesOf(keys: Keys): string[] {
  return Object.values(keys).flatMap((key) => [
    inForm(key, 'first'),
    inForm(key, 'second'),
    // Without the ends, which depend on what stands beside the key.
    inForm(key, 'base64').slice(0, 24),
    inForm(key, 'hex').slice(0, 32),
    encodeURIComponent(inForm(key, 'first')),
    encodeURIComponent(inForm(key, 'second')),
    inForm(key, 'escaped').slice(0, 48),
  ]);
}
