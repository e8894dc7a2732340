import { randomBytes } from 'node:crypto';

const KEY_BYTES = 32;

/** One key of each of Keen's classes, with the class as prefix. */
export interface Keys {
  write: string;
  read: string;
  master: string;
}

/** Creates random keys of 256 bits. They exist in this process and the collector's, and on no disk. */
export function createKeys(): Keys {
  const secret = () => randomBytes(KEY_BYTES).toString('hex');
  return { write: `write_${secret()}`, read: `read_${secret()}`, master: `master_${secret()}` };
}
