/** A short fingerprint of a text (32-bit FNV-1a, and the length). The text cannot be read from it. */
export function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) sum = Math.imul(sum ^ text.charCodeAt(n), 0x01000193);
  return (sum >>> 0).toString(36) + text.length.toString(36);
}
