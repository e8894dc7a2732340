/** A text inside of another one, in base64 or hex. */
export interface Encoded {
  /** Offset of the encoded text. */
  at: number;
  bytes: Buffer;
}

/** Characters that must decode to text before the whole is decoded. */
const PROBE_CHARS = 16;
const MIN_PRINTABLE = 0.9;

/** Every run of base64, base64url or hex digits that decodes to text. */
export function* findEncoded(text: string): Generator<Encoded> {
  for (const { index, 0: run } of text.matchAll(/(?<![\w+/-])[\w+/-]{16,}/g)) {
    const isHex = /^[\da-f]+$/i.test(run);
    if (isHex && run.length >= 24) {
      for (const shift of [0, 1]) {
        const bytes = Buffer.from(run.slice(shift), 'hex');
        if (isText(bytes)) yield { at: index, bytes };
      }
    }
    // Four characters are three bytes. What stands before the encoded text can have any length.
    for (const shift of [0, 1, 2, 3]) {
      const probe = Buffer.from(run.slice(shift, shift + PROBE_CHARS), 'base64');
      const isData = shift === 0 && run.length > 400 && text.slice(Math.max(0, index - 7), index) === 'base64,';
      if (!isData && !isText(probe)) continue;
      const bytes = Buffer.from(run.slice(shift), 'base64');
      if (isData || isText(bytes)) yield { at: index, bytes };
    }
  }
}

/** Whether bytes are printable ASCII, with a few exceptions: another text can follow, and is decoded too. */
function isText(bytes: Buffer): boolean {
  let printable = 0;
  for (const byte of bytes) if ((byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9) printable++;
  return printable >= bytes.length * MIN_PRINTABLE;
}
