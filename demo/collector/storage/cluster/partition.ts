import type { NewEvent } from '../../model/event.ts';
import { readPageToken } from '../../model/page-token.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of the UTF-16 code units, with a final mix. It must never change: it decides where a token's repeat is looked for. */
function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  // FNV's low bits are weak, and the modulo uses them.
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  return value >>> 0;
}

/**
 * The partition of an event. All sends of one token meet in one partition, so its loader can tell repeats alone. All
 * events of a page share a partition, because their tokens share the page's nonce.
 */
export function partitionOf({ collection, token, id }: NewEvent, partitions: number): number {
  const page = readPageToken(token)?.page;
  const key = page ?? (token === undefined ? id : `${collection}\0${token}`);
  return hash(key) % partitions;
}
