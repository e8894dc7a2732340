import type { Edit } from './core-text.mjs';

/** A defect that the simulation must find. */
export interface Mutant {
  defect: string;
  edit: Edit;
  /** The rules that it may break first. */
  breaks: RegExp;
}

/** One a line: what is wrong then, the file, its text, what takes its place, the rules that may break first. */
const TABLE: [defect: string, file: string, text: string, becomes: string, breaks: RegExp][] = [
  ['events are deleted before the answer', 'delivery.ts', 'const [status, answer, retryAfter]: Answer =', 'remove(items);\n    const [status, answer, retryAfter]: Answer =', /^(deleted too soon|lost|late)$/],
  ['events have no uniqueness token', 'event.ts', 'uniqueness_token: id, ', '', /^counted twice$/],
  ['backoff has no jitter', 'backoff.ts', 'Math.random() * Math.min(', 'Math.min(', /^no jitter$/],
  ['backoff does not grow', 'backoff.ts', 'FIRST * 2 ** (failures - 1)', 'FIRST', /^(sent too early|too many requests)$/],
  ['there is no backoff', 'delivery.ts', 'notBefore = Math.max(notBefore, performance.now() + backoff(++failures, retryAfter));', 'backoff(++failures, retryAfter);', /^(sent too early|request storm|runaway)$/],
  ['a page that hides does not heed the wait', 'delivery.ts', 'if (!open() || waiting() > 0) return;', 'if (!open()) return;', /^sent too early$/],
  ['two looks at the clock may both find nothing to do', 'delivery.ts', 'if (waiting() > 0) schedule(0);\n      else if (await withLock(name, job, wait)) schedule(1000);', 'if (waiting() <= 0) (await withLock(name, job, wait)) && schedule(1000);\n      else if (waiting() > 0) schedule(0);', /^(late|lost|slow to go on)$/],
  ['a timer that comes a moment early costs a second', 'delivery.ts', 'if (waiting() > 0) schedule(0);', 'if (waiting() > 0) schedule(1000);', /^slow to go on$/],
  ['after a failure what earlier visits left is forgotten', 'delivery.ts', '[items, next] = await peek(next!, maxBatch);', '[items, next] = failures ? [[]] : await peek(next!, maxBatch);', /^late$/],
  ['Retry-After is ignored', 'backoff.ts', 'return asked > 0 ? Math.min(asked, LONGEST) : ', 'return ', /^sent too early$/],
  ['the lock is held while waiting', 'delivery.ts', 'Promise.race([pass(), ', 'Promise.race([pass().then(() => new Promise((go) => setTimeout(go, waiting()))), ', /^lock held while waiting$/],
  ['the lock is kept when the page leaves', 'delivery.ts', 'if (leaving) release?.();', '', /^lock kept$/],
  ['a write goes on although consent was withdrawn', 'store.ts', 'const go = wanted();', 'const go = true;', /^(stored without consent|purged event stored|not purged)$/],
  ['consent does not stop sending', 'delivery.ts', '!stopped && allowed() && ', '!stopped && ', /^sent (without consent|while prerendering)$/],
  ['deletion takes what lies between', 'store.ts', "if ((await promisifyRequest(store.getAllKeys(range, ids.length + 1))) + '' === ids + '') store.delete(range);", 'if (range) store.delete(range);', /^deleted too soon$/],
  ['a purge leaves the store', 'store.ts', 'await promisifyRequest(indexedDB.deleteDatabase(name));', '', /^not purged$/],
  ['a refused key drops the events', 'delivery.ts', 'refused = used;', 'refused = used;\n      await remove(items);', /^(deleted too soon|lost|late)$/],
  ['a refused key is not remembered', 'delivery.ts', 'refused = used;', '', /^(sent while paused|request storm|runaway)$/],
  ['any 200 counts as taken', 'delivery.ts', 'status === 201 || result?.success === true', 'status < 300', /^(deleted too soon|lost|late|no jitter)$/],
  ['an answer that only seems to be a list throws', 'delivery.ts', 'answer?.[collection]?.[places[index]!]', 'answer?.[collection]?.shift?.()', /^(unhandled rejection|no jitter)$/],
  ['a batch with one bad event is not halved', 'delivery.ts', 'if (bad && items[1]) return deliver(items, items.length >> 1);', '', /^(deleted too soon|lost|late)$/],
  ['what is in flight is sent again on hide', 'delivery.ts', 'items.filter(([id]) => !flying.has(id))', 'items', /^in two requests$/],
  ['there is no second try after a lost connection', 'store.ts', 'if (again) throw error;', 'throw error;', /^held for nothing$/],
  ['there is no explicit commit', 'store.ts', 'transaction.commit();', '', /^(lost|late|not stored)$/],
  ['memory keeps what is acknowledged', 'outbox.ts', 'for (const [id] of items) memory.delete(id);\n    if', 'if', /^(request storm|runaway|too many requests|counted twice|too old)$/],
  ['the age is not looked at when sending', 'outbox.ts', 'memory.has(id) && id < limit', 'false', /^(too old|counted twice)$/],
  ['eviction is not reported', 'outbox.ts', "if (ids[0]) report('evicted', ids.length);", '', /^(silent eviction|lost|late)$/],
];

export const MUTANTS: Mutant[] = TABLE.map(([defect, file, text, becomes, breaks]) => ({ defect, edit: { file, text, becomes }, breaks }));
