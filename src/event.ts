import type { Hooks } from './types.ts';

/** An event on its way to the collector, and its record on disk. */
export type Entry = readonly [id: string, collection: string, json: string];

// Keen's limits for the name of a collection and the size of an event; see https://keen.io/docs/api/
const COLLECTION = /^(?![_.]|.*\.$)[ -#%-~]{1,64}$/;
const MAX_BYTES = 900_000;

export const countBytes = (text: string) => new TextEncoder().encode(text).length;

/** A time as the beginning of an id, so that ids sort by time. */
export const timePart = (ms: number) => ms.toString(36).padStart(9, '0');

/**
 * Returns what a hook has returned.
 *
 * @throws TypeError if it is a promise: the event is serialized now, and what the hook wanted would be lost
 */
function takeResult(hook: string, result: any): any {
  if (typeof result?.then !== 'function') return result;
  // The rejection of a hook must not reach the page.
  result.then(undefined, () => {});
  throw new TypeError(hook + ' must not return a promise');
}

/**
 * Creates the function that turns a tracked event into an entry. It returns undefined if `beforeTrack` dropped the
 * event, and throws if the event or its collection is invalid, or if a hook, a getter or `toJSON` throws.
 *
 * The JSON is made once, here, so later changes by the caller have no effect, and a request is a matter of joining
 * strings.
 *
 * An id is `time-nonce-count`, at most 50 characters, and also the event's uniqueness token. It sorts by time. The
 * nonce has 96 random bits per page load. The count has no gaps, so a collector can tell from tokens alone whether
 * events are missing.
 */
export function createEncoder(getHooks: () => readonly Hooks[]) {
  const nonce = crypto.getRandomValues(new Uint32Array(3)).join('');
  let latest = 0;
  let count = 0;
  /** Of the latest event, because formatting a date takes as long as a third of the rest. */
  let timestamp = '';
  let formatted = 0;

  return (collection: string, event: any, now = Date.now()): Entry | undefined => {
    /** The event's JSON without its `keen` property. */
    const encode = () => {
      const json = JSON.stringify(event.keen ? { ...event, keen: undefined } : event);
      // A character takes at most three bytes, so short events need no exact count.
      const isTooLarge = json?.length > MAX_BYTES / 3 && countBytes(json) > MAX_BYTES;
      if (!collection.match(COLLECTION) || !/^{"/.test(json) || isTooLarge) throw 'not an event';
      return json;
    };
    let json = encode();
    const hooks = getHooks();
    if (hooks.some(({ extend, beforeTrack }) => extend || beforeTrack)) {
      for (const { extend } of hooks) {
        const extra = takeResult('extend', typeof extend === 'function' ? extend(collection) : extend);
        event = { ...extra, ...event, keen: { ...extra?.keen, ...event.keen } };
      }
      for (const { beforeTrack } of hooks) {
        const changed = takeResult('beforeTrack', beforeTrack?.(event, collection));
        if (changed === null || changed === false) return;
        event = changed ?? event;
      }
      json = encode();
    }
    if (now !== formatted) timestamp = new Date((formatted = now)).toISOString();
    // If the clock is set back, new events must still sort after old ones.
    latest = Math.max(latest, now);
    // An event with the caller's own token does not use up a count, because the collector never sees its id.
    const id = `${timePart(latest)}-${event.keen?.uniqueness_token ? Math.random() : nonce + '-' + timePart(++count)}`;
    // Appended as text, so that the event is serialized only once.
    // mutant: token
    json = `${json.slice(0, -1)},"keen":${JSON.stringify({ timestamp, uniqueness_token: id, ...event.keen })}}`;
    return [id, collection, json];
  };
}
