import { randomBytes } from 'node:crypto';

/** The three classes of Keen's keys, each with its label in front. */
export interface Keys {
  write: string;
  read: string;
  master: string;
}

/** Fresh keys of 256 random bits. They live in this process and the collector's, and on no disk. */
export function createKeys(): Keys {
  const secret = () => randomBytes(32).toString('hex');
  return { write: `write_${secret()}`, read: `read_${secret()}`, master: `master_${secret()}` };
}
