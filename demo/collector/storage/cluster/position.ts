/** A record's place in the log. */
export interface Place {
  partition: number;
  /** When the log of the partition was made, in milliseconds since 1970. */
  born: number;
  /** 1 for the first record. */
  seq: number;
}

const EPOCH_MINUTE = Date.UTC(2020, 0) / 60_000;
const SEQ_BITS = 40n;

/**
 * The number that orders all records of a partition, also those of a log that was made anew and counts from 1 again:
 * the minute of its birth, then the seq. 40 bits last for 30 years at a thousand records a second, 24 bits of minutes
 * until 2051.
 */
export const positionOf = ({ born, seq }: Pick<Place, 'born' | 'seq'>): bigint =>
  (BigInt(Math.floor(born / 60_000) - EPOCH_MINUTE) << SEQ_BITS) | BigInt(seq);
