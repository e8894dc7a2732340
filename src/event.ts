import type { TrackerOptions } from './types.ts';

/** An event on its way: its key in the store, and its JSON, ready to be joined into a request. */
export type Item = readonly [id: string, collection: string, json: string];

// Keen's limits for a collection's name and an event's size; see https://keen.io/docs/api/
const COLLECTION = /^(?![_.])[ -#%-~]{1,64}(?<!\.)$/;
const MOST_BYTES = 9e5;

export const utf8 = (text: string) => new TextEncoder().encode(text);

/** The start of an id made at that time. */
export const timePart = (ms: number) => ms.toString(36).padStart(9, '0');

/**
 * What the caller tracked → what is stored and sent; undefined where `beforeTrack` dropped it. The JSON text is made once,
 * here: a later change by the caller changes nothing, and sending is joining strings.
 *
 * The id, `time-nonce-count` in at most 50 characters, is also the event's uniqueness token. It sorts by time; the nonce is 96
 * random bits of this page load; the count has no gaps, so a collector can see from the tokens alone that none is missing.
 *
 * The answer throws for what cannot be an event, and whatever hooks, getters, `toJSON` or a BigInt throw.
 */
export function createItems({ extend, beforeTrack }: TrackerOptions) {
  const nonce = crypto.getRandomValues(new Uint32Array(3)).join('');
  let latest = 0;
  let count = 0;

  return (collection: string, event: any): Item | undefined => {
    const now = Date.now();
    const must = (holds: unknown) => {
      if (!holds) throw new TypeError('not an event');
    };
    must(collection.match(COLLECTION) && typeof event === 'object' && !Array.isArray(event));
    event = { ...(typeof extend === 'function' ? extend(collection) : extend), ...event };
    const changed = beforeTrack?.(event, collection);
    if (changed === null || changed === false) return;
    const { keen, ...properties } = changed ?? event;
    // A clock set back must not put new events in front of old ones.
    latest = Math.max(latest, now);
    // An event with a token of its own never shows its id to the collector, so it must not use up a count.
    const own = +!keen?.uniqueness_token;
    const id = `${timePart(latest)}-${own ? nonce : Math.random()}-${timePart(count + own)}`;
    const json = JSON.stringify({ ...properties, keen: { timestamp: new Date(now), uniqueness_token: id, ...keen } });
    // Nothing in front of `keen` is nothing at all; a character is at most three bytes, so few have to be counted.
    must(!/^{"keen"/.test(json) && (json.length < MOST_BYTES / 3 || utf8(json).length <= MOST_BYTES));
    count += own;
    return [id, collection, json];
  };
}
