/** Bytes of one event's JSON. Keen's limit is 900 kB; a kB has 1,000 bytes here [U]. */
export const MAX_EVENT_BYTES = 900_000;
/** Bytes of a batch's body. Keen's limit is 10 MB; an MB has 1,000,000 bytes here [U]. */
export const MAX_BULK_BYTES = 10_000_000;
/** Levels of nesting. Keen documents no limit [U]. This one prevents stack overflows here and in the database. */
export const MAX_DEPTH = 100;
/**
 * Properties of one event on all levels. Keen documents no limit [U]. This one bounds the schema, which is in memory.
 */
export const MAX_PROPERTIES = 1_000;
/**
 * Events of a batch, and its collections, together. Keen limits a batch by its bytes alone. The smallest event of Keen's
 * clients, with nothing but a timestamp, has 50 bytes, so their batches reach `MAX_BULK_BYTES` first. This limit bounds
 * the memory of a batch of `{}`, of which a body could hold millions.
 */
export const MAX_BULK_ENTRIES = 200_000;
/** A string property has fewer characters than this. */
export const MAX_STRING_CHARS = 10_000;
