/** What an event map looks like: collection name → the shape of its events. */
export type EventMap<Events> = { [Collection in keyof Events]: object };

/** The event map of a tracker that was given none: any collection, any object. */
export type AnyEvents = Record<string, { [property: string]: any }>;

/**
 * The `keen` property of an event. The tracker fills `timestamp` and
 * `uniqueness_token`; what the caller sets itself is kept.
 */
export interface KeenProperties {
  /** When the event happened, ISO 8601. @default the moment of `track()` */
  timestamp?: string;
  /**
   * At most 64 characters; a collector keeps one event per token and collection, for 31 days.
   * @default the event's own id: time, page nonce and a gap-free counter
   */
  uniqueness_token?: string;
  /** Enrichments that the collector runs before it stores the event. */
  addons?: { name: string; input: Record<string, string>; output: string }[];
  /** `[longitude, latitude]`. */
  location?: { coordinates: [number, number] };
}

/** An event as it is handed to `track()`. */
export type TrackedEvent<Shape> = Shape & { keen?: KeenProperties };

/** Keen's Access Key object. Taken only while active and permitted nothing but writing. */
export interface AccessKey {
  key: string;
  name?: string;
  is_active: boolean;
  permitted: readonly string[];
  options?: object;
}

type Separator = '_' | '-' | ':' | '.' | '/' | '=';
type LabelWord = 'read' | 'master' | 'admin' | 'secret' | 'private' | 'rk' | 'sk' | 'mk' | 'readkey' | 'masterkey';
type Label = LabelWord | Uppercase<LabelWord> | Capitalize<LabelWord>;

/** Literals whose label says that they are no Write key, also behind a product prefix. */
export type MislabelledLiteral =
  | `${Label}${Separator}${string}`
  | `${string}${Separator}${Label}${Separator}${string}`;

/** `Key`, unless the literal says that it is another class of key. */
export type CheckedKey<Key> = Key extends MislabelledLiteral
  ? 'this is labelled as a key that can read or manage: pass the Write key'
  : Key extends string | AccessKey
    ? Key
    : string | AccessKey;

/** What a mislabelled key is worth: nothing can be tracked with it. */
export interface RefusedKey {
  'a page must never hold a key that can read or manage': never;
}

/** Names that no option may have, because a browser must never hold such a key. */
type ForbiddenName =
  | `${'' | 'data-' | 'keen' | 'keen_'}${'read' | 'master' | 'admin' | 'secret' | 'private'}${'' | '_' | '-'}${'key' | 'Key'}`
  | `${'READ' | 'MASTER'}${'' | '_' | '-'}KEY`;

export type ForbiddenOptions = { [Name in ForbiddenName]?: never };

/** What the page's visitor has agreed to. */
export type Consent = 'granted' | 'pending' | 'denied';

/** What became of an event: on disk, in memory only, or not taken. */
export type Outcome = 'stored' | 'held' | 'dropped';

export interface TrackerOptions<Key = string | AccessKey> extends ForbiddenOptions {
  /** The project that the events belong to: one path segment of letters, digits, `-`, `_`, `.` and `~`. */
  projectId: string;

  /**
   * The project's Write key, of any length, in visible ASCII characters; or Keen's Access Key object while it is active and
   * `permitted` is exactly `['writes']`. Any key that says it can read or manage throws a `KeyError`.
   */
  writeKey: Key;

  /**
   * Where the collector is. `https:`, or any scheme on loopback. It may have a path (a first-party
   * proxy, say), but no credentials, query or fragment.
   * @default 'https://api.keen.io'
   */
  endpoint?: string;

  /**
   * The scheme in front of the key in the Authorization header. `''` sends the bare key, as Keen's own clients do.
   * @default 'Bearer'
   */
  scheme?: string;

  /**
   * Milliseconds that an event may wait for others before a batch is sent; 0 sends as soon as it is stored.
   * @default 1000
   */
  flushInterval?: number;

  /** Events in one request, at least 1; of large ones fewer, so that a request has at most a million characters. @default 500 */
  maxBatch?: number;

  /** Events that may wait; over it the oldest go, and are reported as `evicted`. @default 10000 */
  maxQueue?: number;

  /**
   * Milliseconds after which a waiting event is given up, and reported as `evicted`. Stay below the 31 days for which
   * a collector remembers a uniqueness token, so that no event can count twice.
   * @default 2592000000 (30 days)
   */
  maxAge?: number;

  /**
   * What IndexedDB is asked for. `'relaxed'` survives a crash of the browser; `'strict'` also waits for the
   * disk, and survives a power cut, at several milliseconds for each task that tracks.
   * @default 'relaxed'
   */
  durability?: 'relaxed' | 'strict';

  /**
   * `'pending'` keeps events in memory and neither stores nor sends; `'denied'` takes none and purges
   * what is stored. Change it with `setConsent()`.
   * @default 'granted'
   */
  consent?: Consent;

  /**
   * Treat the visitor's Global Privacy Control signal as `consent: 'denied'`.
   * @see https://w3c.github.io/gpc/
   * @default false
   */
  respectGpc?: boolean;

  /**
   * Properties for every event, or a function that makes them at each `track()`. The event's own
   * properties win. If the function throws, the event is dropped and reported as `invalid_event`.
   */
  extend?: object | ((collection: string) => object);

  /**
   * Sees each event before it is stored, with `extend` applied. Change it in place or return
   * another object to replace it; return `null` or `false` to drop it. It gets a shallow copy.
   * If it throws, the event is dropped and reported as `invalid_event`: it may have been about to remove something private.
   */
  beforeTrack?: (event: Record<string, unknown>, collection: string) => object | null | false | void;

  /**
   * Told of each problem after set-up; without it they go to `console.warn`. It may throw; the
   * tracker goes on.
   */
  onError?: (problem: Problem) => void;
}

/**
 * Why the tracker reports:
 *
 * | code | what happened | the events |
 * | --- | --- | --- |
 * | `invalid_event` | `track()` was given a collection or an event that Keen's API cannot take, or `extend` or `beforeTrack` threw (`error`) | dropped |
 * | `evicted` | older than `maxAge`, or the oldest of more than `maxQueue` | dropped |
 * | `rejected` | the collector refused one for good: `error` is its name for it, `status` its answer (413: too large) | dropped |
 * | `paused` | the collector answered 401, 402, 403 or 404 (`status`); sending stops until `setWriteKey()` or the next visit | kept |
 * | `storage` | IndexedDB refuses or fails (`error`); events are held in memory until it is back | kept |
 */
export type ProblemCode = 'invalid_event' | 'evicted' | 'rejected' | 'paused' | 'storage';

/** What `onError` is told. It never holds a key or an event's properties. */
export interface Problem {
  code: ProblemCode;
  /** Events that were given up for it; 0 where they are kept. */
  count: number;
  /** The collection, for `rejected` and `invalid_event`. */
  collection?: string;
  /** The collector's HTTP status, where it answered. */
  status?: number;
  /** What was thrown, or the collector's name for it. */
  error?: unknown;
}

/** What one `flush()` did, in events. */
export interface FlushResult {
  /** Acknowledged by the collector. */
  delivered: number;
  /** Still waiting: stored, or held in memory. */
  kept: number;
  /** Dropped for good; each was reported to `onError`. */
  givenUp: number;
}

export interface Tracker<Events = AnyEvents> {
  /**
   * Takes an event. The event becomes JSON text before this returns, so changing it later changes nothing.
   *
   * @param collection at most 64 ASCII characters; no `$`; not starting with `_`; not starting or ending with `.`
   * @param event a non-empty object that JSON can carry, at most 900,000 bytes of it
   * @returns resolves once it is so: `'stored'` on disk, `'held'` in memory, or `'dropped'`. It never
   *   rejects and nobody has to wait for it. Why an event was dropped goes to `onError`.
   */
  track<Collection extends keyof Events & string>(
    collection: Collection,
    event: TrackedEvent<Events[Collection]>,
  ): Promise<Outcome>;

  /**
   * Sends what waits, now. A collector that asked for a pause is not asked again before its time.
   * Resolves when there is nothing left that may be sent; never rejects.
   */
  flush(): Promise<FlushResult>;

  /**
   * Replaces the key and goes on sending, if a refused key had stopped it.
   * @throws KeyError for any key that the constructor would refuse; the old key stays.
   */
  setWriteKey(key: string | AccessKey): void;

  /**
   * `'granted'` stores and sends what was held; `'denied'` purges the queue, the stored one too.
   * Resolves when that is done; never rejects.
   * @throws TypeError for anything but the three states.
   */
  setConsent(consent: Consent): Promise<void>;

  /** Events that wait, stored by any tab of this origin or held by this one. */
  pending(): Promise<number>;

  /**
   * Sends what fits into one last request, then removes the listeners and timers. What is not
   * acknowledged stays stored for the next tracker. Later events are dropped.
   */
  close(): Promise<void>;
}
