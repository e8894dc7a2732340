/** Bytes of one event's JSON. Keen says 900 kB; a kB is 1,000 here [U]. */
export const MAX_EVENT_BYTES = 900_000;
/** Bytes of a bulk body. Keen says 10 MB; an MB is 1,000,000 here [U]. */
export const MAX_BULK_BYTES = 10_000_000;
/** Keen documents no limit [U]. This one keeps every recursion over an event, here and in the database, far from its stack's end. */
export const MAX_DEPTH = 100;
/** Properties of one event, on all levels together. Keen documents no limit [U]; every name that ever came is in the schema, in memory. */
export const MAX_PROPERTIES = 1_000;
/** Events of a bulk, and collections that it names. Keen documents no limit [U]; all of them are dealt with in one go, while other requests wait. */
export const MAX_BULK_EVENTS = 10_000;
/** Characters that a string property has less than. */
export const MAX_STRING = 10_000;
