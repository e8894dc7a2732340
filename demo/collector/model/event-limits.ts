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
 * Events of a batch, and its collections. Keen documents no limit [U]. A batch is processed at once, and blocks other
 * requests.
 */
export const MAX_BULK_EVENTS = 10_000;
/** A string property has fewer characters than this. */
export const MAX_STRING_CHARS = 10_000;
