import type { TrackerOptions } from './types.ts';

/** An event on its way: its key in the store, and its JSON, ready to be joined into a request. */
export type Item = readonly [id: string, collection: string, json: string];

// Keen's limits for a collection's name and an event's size; see https://keen.io/docs/api/
const COLLECTION = /^(?![_.])[ -#%-~]{1,64}(?<!\.)$/;
const MOST_BYTES = 900_000;

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
    /** What JSON has of it, but for `keen`. */
    const text = () => {
      const json = JSON.stringify(event.keen ? { ...event, keen: undefined } : event);
      // A character is at most three bytes, so few events have to be counted exactly.
      const large = json?.length > MOST_BYTES / 3 && utf8(json).length > MOST_BYTES;
      if (!collection.match(COLLECTION) || !/^{"/.test(json) || large) throw 'not an event';
      return json;
    };
    let json = text();
    if (extend || beforeTrack) {
      const extra: any = typeof extend === 'function' ? extend(collection) : extend;
      event = { ...extra, ...event, keen: { ...extra?.keen, ...event.keen } };
      const changed = beforeTrack?.(event, collection);
      if (changed === null || changed === false) return;
      event = changed ?? event;
      json = text();
    }
    // A clock set back must not put new events in front of old ones.
    latest = Math.max(latest, now);
    // An event with a token of its own never shows its id to the collector, so it must not use up a count.
    const id = `${timePart(latest)}-${event.keen?.uniqueness_token ? Math.random() : nonce + '-' + timePart(++count)}`;
    const keen = JSON.stringify({ timestamp: new Date(now), uniqueness_token: id, ...event.keen });
    // Added as text, so that the event is walked only once.
    return [id, collection, `${json.slice(0, -1)},"keen":${keen}}`];
  };
}
