import { read } from './read.ts';
import type { Hooks } from './types.ts';

/** An event on its way to the collector, and its record on disk. */
export type Entry = readonly [id: string, collection: string, json: string];

// Keen's limits for the name of a collection and the size of an event; see https://keen.io/docs/api/
const COLLECTION = /^(?![_.]|.*\.$)[ -#%-~]{1,64}$/;
const MAX_BYTES = 900_000;

// `unescape` makes one character of each byte. TextEncoder is four times as fast, and jsdom lacks it.
export function countBytes(text: string): number {
  try {
    return unescape(encodeURIComponent(text)).length;
  } catch {
    // The page has broken one of these. No character takes more.
    return text.length * 3;
  }
}

/** The time of the page's own clock, which goes on evenly even if the visitor's clock is set. Mocks can lack it. */
export const pageTime = () => performance.now() + read('performance', 'timeOrigin') || Date.now();

/** A whole number in nine digits of base 36. Ids begin with a time in this form, so they sort by time. */
export const timePart = (ms: number) => (ms + 36 ** 9).toString(36).slice(1);

/**
 * JSON of a value. A `toJSON` that the page has given to all objects or all lists is ignored: old libraries have one
 * that makes a list a string.
 */
const stringify = (value: unknown): string =>
  JSON.stringify(
    value,
    ([] as any).toJSON &&
      function (this: any, key: string, result: unknown) {
        return this[key]?.toJSON === ((Array.isArray(this[key]) ? [] : {}) as any).toJSON ? this[key] : result;
      },
  );

/** A value from its JSON. It has no prototype, because the page can have put `keen` on it. */
const parse = (json: string) => ({ __proto__: null, ...JSON.parse(json) });

/** Random digits for a page load. jsdom may lack `crypto`, and scripts block it. */
function createNonce(): string {
  try {
    return crypto.getRandomValues(new Uint32Array(3)).join('');
  } catch {
    return Math.random() * 2 ** 64 + '';
  }
}

/**
 * Returns what a hook has returned.
 *
 * @throws TypeError if it is a promise: the event is serialized now, and what the hook wanted would be lost
 */
function takeResult(hook: string, result: any): any {
  if (typeof result?.then !== 'function') return result;
  // The rejection of a hook must not reach the page.
  result.then(null, () => {});
  throw new TypeError(hook + ' must not return a promise');
}

/**
 * Creates the function that turns a tracked event into an entry. It returns undefined if `beforeTrack` dropped the
 * event, and throws if the event or its collection is invalid, or if a hook, a getter or `toJSON` throws.
 *
 * The JSON is made once, here, so later changes by the caller have no effect, and a request is a matter of joining
 * strings. Hooks get what JSON makes of the event, so a class with `toJSON` keeps its private fields to itself.
 *
 * A token is `time-nonce-count`, at most 50 characters. It sorts by time. The nonce has 96 random bits per page load,
 * made at the first event, because an edge runtime has no randomness before. The count has no gaps, so a collector can
 * tell from tokens alone whether events are missing. An id is `token~size`; the size is in characters of JSON.
 */
export function createEncoder(getHooks: () => readonly Hooks[]) {
  let nonce: string | undefined;
  let latest = 0;
  let count = 1;
  let token = '';
  /** Of the latest event, because formatting a date takes as long as a third of the rest. */
  let timestamp = '';
  let formatted: number | undefined;

  return (collection: string, event: any, now = Date.now()): Entry | undefined => {
    let keen: any;
    /** The event's JSON without its `keen` property, which becomes `keen`. */
    const encode = () => {
      let json = stringify(event);
      keen = undefined;
      if (/^{.*"keen":/s.test(json)) {
        ({ keen, ...event } = parse(json));
        json = stringify(event);
      }
      if (
        typeof collection !== 'string' ||
        !COLLECTION.test(collection) ||
        !/^{"/.test(json) ||
        // A character takes at most three bytes, so short events need no exact count.
        (json.length > MAX_BYTES / 3 && countBytes(json) > MAX_BYTES)
      ) {
        throw 'not an event';
      }
      return json;
    };
    let json = encode();
    const hooks = getHooks();
    if (hooks.some(({ extend, beforeTrack }) => extend || beforeTrack)) {
      event = { ...parse(json), keen };
      hooks.forEach(({ extend }) => {
        const added = takeResult('extend', typeof extend === 'function' ? extend(collection) : extend);
        const extra = parse(stringify(added ?? null));
        event = { ...extra, ...event, keen: { ...extra.keen, ...event.keen } };
      });
      const isDropped = hooks.some(({ beforeTrack }) => {
        const changed = takeResult('beforeTrack', beforeTrack?.(event, collection));
        return changed !== undefined && !(event = changed);
      });
      if (isDropped) return;
      json = encode();
    }
    if (now !== formatted) timestamp = new Date((formatted = now)).toISOString();
    // Each event has a millisecond of its own, also if the clock is set back. None may seem older than the page.
    // mutant: page clock
    latest = Math.floor(Math.max(latest + 1, now, pageTime()));
    // If the page has replaced a method of numbers or strings, it can be the token before: one event would overwrite
    // the other.
    if (token === (token = `${timePart(latest)}-${(nonce ??= createNonce())}-${timePart(count)}`)) throw 'not an event';
    // mutant: token
    keen = { timestamp, uniqueness_token: token, ...keen };
    // An event with the caller's own token does not use up a count, because the collector never sees its id.
    if (keen.uniqueness_token === token) count++;
    // Appended as text, so that the event is serialized only once.
    json = `${json.slice(0, -1)},"keen":${stringify(keen)}}`;
    return [`${token}~${json.length}`, collection, json];
  };
}
