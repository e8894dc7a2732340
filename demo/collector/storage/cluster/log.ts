/** One record of a partition. */
export interface LogRecord {
  /** 1 for a partition's first record; each further one has the next number. */
  seq: number;
  bytes: Uint8Array;
}

/** Where a partition's log ends. */
export interface LogEnd {
  /** When the partition was made, in milliseconds since 1970. A new log of the same name counts from 1 again. */
  born: number;
  /** The seq of its last record; 0 in an empty log. */
  seq: number;
}

/**
 * A durable log in a fixed number of ordered partitions. All that the cluster needs of a log is here, so that another
 * one, such as Kafka, can take JetStream's place.
 */
export interface Log {
  partitions: number;
  /**
   * Appends one record and resolves with its seq once a majority of replicas has it on disk.
   * @throws if it is not certain that the record is there. It can be there nevertheless.
   */
  append(partition: number, bytes: Uint8Array): Promise<number>;
  /**
   * Yields records in order and without a gap, as soon as they arrive, and never ends by itself.
   * @param from seq of the first record
   * @throws LogExpiredError if the log no longer has that record
   */
  read(partition: number, from: number, signal: AbortSignal): AsyncGenerator<LogRecord[]>;
  /** The end of each partition's log: every acknowledged record is at or before it. */
  heads(): Promise<LogEnd[]>;
  /** The largest record in bytes. */
  maxRecordBytes: number;
}

/** The log has dropped records that a reader needs. Only a backup or another replica has them. */
export class LogExpiredError extends Error {
  override name = 'LogExpiredError';
}
