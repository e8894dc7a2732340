import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** A text of a file: the whole of it, or one source of a source map. */
export interface Content {
  text: string;
  /** The name of the source inside of a source map. */
  source?: string;
}

/** Larger content is not unpacked, so that a small file cannot fill the memory. */
const MAX_UNPACKED_BYTES = 500_000_000;

/** The text of a file. Files that a build has compressed for a server are unpacked. */
export function textOf(file: string, bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decode(unpack(file, buffer) ?? buffer);
}

function unpack(file: string, bytes: Buffer): Buffer | undefined {
  const options = { maxOutputLength: MAX_UNPACKED_BYTES };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, options);
    if (/\.br$/i.test(file)) return brotliDecompressSync(bytes, options);
    if (/\.(zz|deflate)$/i.test(file)) return inflateSync(bytes, options);
  } catch {
    // Not compressed after all: another program's file with the same first bytes or extension.
  }
  return undefined;
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(bytes.subarray(2, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}

/** The contents of a text: its own and, of a source map, those of its sources. */
export function contentsOf(text: string): Content[] {
  if (!text.includes('"sourcesContent"')) return [{ text }];
  const map = parseJson(text.replace(/^\)\]\}'[^\n]*\n/, ''));
  if (map === undefined) return [{ text }];
  const contents: Content[] = [];
  // A map with sections holds maps.
  const rest = JSON.stringify(map, (_, value: unknown) => {
    if (!isMap(value)) return value;
    const { sourcesContent, mappings: _mappings, ...others } = value;
    sourcesContent.forEach((source, index) => {
      if (typeof source === 'string') contents.push({ text: source, source: String(value.sources?.[index] ?? index) });
    });
    return others;
  });
  return [{ text: rest }, ...contents];
}

interface SourceMap {
  sources?: unknown[];
  sourcesContent: unknown[];
  mappings?: string;
}

const isMap = (value: unknown): value is SourceMap =>
  typeof value === 'object' && value !== null && Array.isArray((value as Partial<SourceMap>).sourcesContent);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
