import { createTracker, type KeenProperties } from '../../index.ts';

/** A request of a tracker, however it came here. */
export interface PostedBatch {
  /** The header with the key; undefined if there is none. */
  authorization: string | undefined;
  /** The body as text. */
  text: string;
}

/** The answer to a request. */
export interface Answer {
  status: number;
  /** An object that becomes JSON. */
  body: object;
  /** Seconds; undefined for none. */
  retryAfter: number | undefined;
}

/** An event that was taken. */
export interface TakenEvent {
  collection: string;
  event: Record<string, unknown>;
  keen: KeenProperties;
}

/** What the collector does instead of taking events. */
export interface Weather {
  isOffline: boolean;
  /** Milliseconds until each answer. */
  delay: number;
  /** The status of the next answers; undefined for none. */
  status: number | undefined;
  retryAfter: number | undefined;
  /** How many answers have that status. */
  times: number;
  refusesKeys: boolean;
}

export const fairWeather = (): Weather => ({
  isOffline: false,
  delay: 0,
  status: undefined,
  retryAfter: undefined,
  times: Infinity,
  refusesKeys: false,
});

/** A collector in memory. It answers as the real one does, as far as a tracker can tell. */
export interface MemoryCollector {
  answer(batch: PostedBatch): Answer;
  /** Forgets the events, and which of them were repeats. */
  clear(): void;
}

/**
 * Creates a collector in memory. It takes an event once, by its uniqueness token.
 *
 * @param writeKey the only key that it takes; undefined for any that the tracker's own guard lets pass
 * @param take is called with each event that is taken
 */
export function createCollector(
  weather: () => Weather,
  writeKey: string | undefined,
  take: (event: TakenEvent) => void,
): MemoryCollector {
  let tokens = new Set<string>();

  /** Takes what is valid and new of a batch, in the order in which it was tracked: a body has a list a collection. */
  const takeAll = (lists: Record<string, unknown[]>) => {
    const valid: TakenEvent[] = [];
    const results = Object.entries(lists).map(([collection, events]) => [
      collection,
      events.map((sent) => {
        const problem = eventProblem(sent);
        if (problem) return { success: false, error: problem };
        const { keen, ...event } = sent as { keen?: KeenProperties };
        valid.push({ collection, event, keen: { ...keen } });
        return { success: true };
      }),
    ]);
    valid.sort((one, other) => (isBefore(one, other) ? -1 : isBefore(other, one) ? 1 : 0));
    for (const event of valid) {
      const id = JSON.stringify([event.collection, event.keen.uniqueness_token]);
      if (event.keen.uniqueness_token && tokens.has(id)) continue;
      tokens.add(id);
      take(event);
    }
    return Object.fromEntries(results) as object;
  };

  return {
    clear() {
      tokens = new Set();
    },
    answer({ authorization, text }) {
      const now = weather();
      if (now.status !== undefined && now.times > 0 && (now.status < 200 || now.status > 299)) {
        now.times--;
        const message = `the mailbox answers ${now.status}, as box.status() has asked`;
        return { status: now.status, body: { message, error_code: 'MailboxStatus' }, retryAfter: now.retryAfter };
      }
      if (now.refusesKeys)
        return failure(401, 'InvalidApiKeyError', 'the key is refused, as box.refuseKey() has asked');
      const reason = keyProblem(authorization, writeKey);
      if (reason) return failure(401, 'InvalidApiKeyError', reason);
      const lists = parseLists(text);
      if (!lists) return failure(400, 'InvalidJSONError', 'a body is an object of lists of events, by collection');
      return { status: now.status ?? 200, body: takeAll(lists), retryAfter: undefined };
    },
  };
}

/** A tracker's own tokens sort by time; those of a caller tell nothing. */
function isBefore(one: TakenEvent, other: TakenEvent): boolean {
  const [first = '', second = ''] = [one.keen.uniqueness_token, other.keen.uniqueness_token];
  const isOwn = /^[a-z\d]{9}-\d+-[a-z\d]{9}$/;
  return isOwn.test(first) && isOwn.test(second) && first < second;
}

const failure = (status: number, error_code: string, message: string): Answer => ({
  status,
  body: { message, error_code },
  retryAfter: undefined,
});

/** Why a key is refused; undefined if it is not. The answer never contains the key. */
function keyProblem(authorization: string | undefined, writeKey: string | undefined): string | undefined {
  const key = authorization?.replace(/^\w+ /, '');
  if (!key) return 'the request has no key';
  if (writeKey !== undefined) return key === writeKey ? undefined : 'it is not the key of this mailbox';
  try {
    createTracker({ projectId: 'mailbox', writeKey: key, enabled: false });
    return undefined;
  } catch {
    return 'the guard says that it is no Write key';
  }
}

function parseLists(text: string): Record<string, unknown[]> | undefined {
  try {
    const lists = JSON.parse(text);
    const isBatch = isObject(lists) && Object.values(lists).every(Array.isArray);
    return isBatch ? (lists as Record<string, unknown[]>) : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What a collector finds wrong with an event that the tracker has taken: Keen's rules for names and lists.
 *
 * @see https://keen.io/docs/api/
 */
function eventProblem(event: unknown): { name: string; description: string } | undefined {
  if (!isObject(event) || !Object.keys(event).length) {
    return { name: 'InvalidEventError', description: 'an event is an object with a property' };
  }
  for (const [name, value] of Object.entries(event)) {
    if (name === 'keen') continue;
    if (!name.trim() || name.length > 255 || name.startsWith('$') || name.includes('.')) {
      const description = 'a property name is not blank, has at most 255 characters, no "." and no "$" at its start';
      return { name: 'InvalidPropertyNameError', description };
    }
    if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)) {
      const description = 'a list holds strings, numbers, booleans and null';
      return { name: 'ListsOfNonPrimitivesNotAllowedError', description };
    }
    const inner = isObject(value) && Object.keys(value).length ? eventProblem(value) : undefined;
    if (inner) return inner;
  }
  return undefined;
}
