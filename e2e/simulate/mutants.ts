import type { Edit } from './core-text.mjs';

/** A defect that the simulation must find. */
export interface Mutant {
  defect: string;
  edits: Edit[];
  /** The rules that it can break first. */
  breaks: RegExp;
}

const mutant = (defect: string, file: string, becomes: Record<string, string>, breaks: RegExp): Mutant => ({
  defect,
  edits: Object.entries(becomes).map(([marker, text]) => ({ file, marker, becomes: text })),
  breaks,
});

/** Each mutant: the defect, the file, what takes the place of each marked statement, and the rules that can break first. */
export const MUTANTS: Mutant[] = [
  mutant(
    'events are deleted before the answer',
    'delivery.ts',
    { request: 'outbox._settle(batch.map(([id]) => id)); const sent = post(settings, text);' },
    /^(deleted too soon|lost|late)$/,
  ),
  mutant(
    'events have no uniqueness token',
    'event.ts',
    {
      token: 'keen = { timestamp, ...keen };',
    },
    /^counted twice$/,
  ),
  mutant(
    'backoff has no jitter',
    'backoff.ts',
    {
      delay: 'return 2 * Math.min(CEILING_MS, 500 * 2 ** failures);',
    },
    /^no jitter$/,
  ),
  mutant(
    'backoff does not grow',
    'backoff.ts',
    {
      delay: 'return (1 + Math.random()) * 1000;',
    },
    /^(sent too early|too many requests)$/,
  ),
  mutant(
    'Retry-After is ignored',
    'retry.ts',
    { 'Retry-After': 'const asked = 0 * +retryAfter!;' },
    /^(sent too early|no jitter)$/,
  ),
  mutant(
    'there is no backoff',
    'retry.ts',
    { 'no backoff': 'else backoff(failures);' },
    /^(sent too early|request storm|runaway)$/,
  ),
  mutant(
    'a page that hides ignores the retry gate',
    'delivery.ts',
    { leave: 'if (canSend()) sendBatch(outbox._claim(maxBatch, Math.min(keepaliveRoom, maxChars), true));' },
    /^sent too early$/,
  ),
  mutant(
    'two readings of the clock both find nothing to do',
    'delivery.ts',
    {
      'early timer': 'if (retry._wait() <= 0) return withLock(name, hurry, job, () => schedule(LOCKED_MS));',
      'take the lock': 'if (retry._wait() > 0) return schedule();',
    },
    /^(late|lost|slow to go on)$/,
  ),
  mutant(
    'a timer that fires early costs a second',
    'delivery.ts',
    { 'early timer': 'if (retry._wait() > 0) return schedule(1000);' },
    /^slow to go on$/,
  ),
  mutant(
    "earlier visits' events are forgotten after a failure",
    'delivery.ts',
    { unload: 'outbox._unload(); if (retry._wait() > 0) outbox._load = async () => undefined;' },
    /^late$/,
  ),
  mutant(
    'the lock is held during a wait',
    'delivery.ts',
    {
      lock: 'const job = () => Promise.race([drainQueue().then(() => new Promise<void>((go) => setTimeout(go, retry._wait()))), new Promise<void>((resolve) => (releaseLock = resolve))]);',
    },
    /^lock held while waiting$/,
  ),
  mutant('the lock is kept when the page leaves', 'delivery.ts', { 'release the lock': '' }, /^lock kept$/),
  mutant(
    'a write goes on although consent was withdrawn',
    'store.ts',
    { 'still wanted': '' },
    /^(stored without consent|purged event stored|not purged)$/,
  ),
  mutant(
    'consent does not stop sending',
    'tracker.ts',
    { 'consent to send': '() => !closed' },
    /^sent (without consent|while prerendering)$/,
  ),
  mutant(
    'a range deletion also takes the records of other tabs',
    'store.ts',
    { range: 'store.delete(range);' },
    /^deleted too soon$/,
  ),
  mutant('a purge leaves the store', 'store.ts', { 'delete the database': '' }, /^not purged$/),
  mutant(
    'a refused key drops the events',
    'delivery.ts',
    { pause: 'paused = true; await outbox._settle(batch.map(([id]) => id));' },
    /^(deleted too soon|lost|late)$/,
  ),
  mutant(
    'a refused key is not remembered',
    'delivery.ts',
    { pause: '' },
    /^(sent while paused|request storm|runaway)$/,
  ),
  mutant(
    'any 200 counts as delivered',
    'batch.ts',
    { 'any 200': "if (status < 300) return 'delivered';" },
    /^(deleted too soon|lost|late|no jitter)$/,
  ),
  mutant(
    'an answer without lists throws',
    'batch.ts',
    { 'assumes lists': 'const result = body?.[collection]?.shift?.();' },
    /^(unhandled rejection|no jitter)$/,
  ),
  mutant(
    'a batch with one malformed event is not halved',
    'delivery.ts',
    { 'smaller batches': 'if (!status && answer._keepalive) return schedule();' },
    /^(deleted too soon|lost|late)$/,
  ),
  mutant('an event in flight is sent again on hide', 'outbox.ts', { 'in flight': '' }, /^in two requests$/),
  mutant(
    'there is no second try after a lost connection',
    'store.ts',
    { 'second try': 'throw error;' },
    /^(held for nothing|not healed)$/,
  ),
  mutant('there is no explicit commit', 'store.ts', { commit: '' }, /^(lost|late|not stored)$/),
  mutant(
    'memory keeps settled events',
    'outbox.ts',
    { settle: '' },
    /^(request storm|runaway|too many requests|counted twice|too old|evicted twice)$/,
  ),
  mutant(
    'the age is not checked before sending',
    'outbox.ts',
    { expired: "if (isTooOld('~')) hasExpired = true;" },
    /^(too old|counted twice)$/,
  ),
  mutant('evictions are not reported', 'outbox.ts', { 'eviction report': '' }, /^(silent eviction|lost|late)$/),
  mutant(
    'an eviction is counted twice',
    'outbox.ts',
    { 'eviction report': "report('evicted', ids.length + 1);" },
    /^evicted twice$/,
  ),
  mutant(
    'memory evicts events that are also in the store',
    'outbox.ts',
    {
      'evict from memory': 'evict(findExcess(ids));',
    },
    /^evicted twice$/,
  ),
  mutant('a store that failed is not tried again', 'outbox.ts', { heal: '' }, /^not healed$/),
  mutant(
    'a database without its object store stays so',
    'store.ts',
    { 'object store': '' },
    /^(held for nothing|not healed|late|lost)$/,
  ),
  mutant(
    'the age of an event follows the wall clock alone',
    'outbox.ts',
    { 'page clock': 'const age = Date.now() - parseInt(id, 36);' },
    /^evicted too soon$/,
  ),
  mutant(
    'the id of an event follows the wall clock alone',
    'event.ts',
    { 'page clock': 'latest = Math.max(latest + 1, now);' },
    /^evicted too soon$/,
  ),
  mutant('flush() does not end a backoff', 'delivery.ts', { hurry: '' }, /^slow to flush$/),
  mutant(
    'each flush() ends a backoff',
    'retry.ts',
    { 'hurry limit': 'const at = performance.now();' },
    /^(request storm|too many requests)$/,
  ),
];
