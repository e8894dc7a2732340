import { KeyError } from './errors.ts';

/**
 * `readKey`, `READ-KEY`, `data-master-key` as an option's name; `read_…`, `sk-…`, `master:…`, `keen_master_…` as a key. A
 * label ends where letters and digits end, so no random key is taken for one.
 */
const LABEL = /([\W_]|^)(read|master|admin|secret|private|[rsm]k)(.?key)?([\W_]|$)/i;

/** Keen's own keys carry no label; these shapes are all that gives one away: Master keys and a project id. */
const SHAPE = /^([\da-f]{24}|([\da-f]{32}){1,2})$/i;

/** Anything else could end the header, or not be sent in one; a brace would begin an Access Key's JSON. */
const HEADER_SAFE = /^[!-z]+$/;

function refuse(holds: unknown, what: string): void {
  if (holds) throw new KeyError(`mailslot: ${what}; pass only the Write key, as writeKey`);
}

/** @throws KeyError if any option is named like a key that a page must not hold, whatever its value. */
export function checkNames(options: object): void {
  for (const name in options) refuse(LABEL.test(name), name + ' can do more');
}

/**
 * Anything → a key that may go into the Authorization header.
 *
 * @throws KeyError for what says that it is no Write key
 */
export function checkKey(key: any, projectId: string): string {
  if (key?.permitted) key = key.is_active === true && JSON.stringify(key.permitted) === '["writes"]' && key.key;
  refuse(!key?.trim || !HEADER_SAFE.test(key), 'writeKey is malformed or an Access Key that can do more');
  refuse(LABEL.test(key), 'writeKey is labelled as one that can do more');
  refuse(SHAPE.test(key) || key === projectId, 'writeKey is a Master key or project id');
  return key;
}
