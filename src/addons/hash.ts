/** A short fingerprint of a text (32 bits, and the length). The text cannot be read from it. */
export const hash = (text: string): string =>
  [...text].reduce((sum, char) => (Math.imul(sum, 31) + char.codePointAt(0)!) | 0, 7).toString(36) + text.length;
