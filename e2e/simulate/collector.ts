import type { World } from './world.ts';

/** An answer of the collector, or of whatever answers in its place. */
export interface Answer {
  status: number;
  /** The text on the wire. */
  body: string;
  retryAfter?: string;
}

/** How long the collector recognises a uniqueness token. */
const TOKEN_MEMORY_MS = 31 * 86_400_000;
const MAX_BODY_CHARS = 100_000;

const refuse = (status: number, error_code: string): Answer => ({
  status,
  body: JSON.stringify({ message: error_code, error_code }),
});

/** The marks of all events in a text: see `Entry.mark`. */
export const marksIn = (text: string): number[] => [...text.matchAll(/<(\d+)>/g)].map(([, mark]) => Number(mark));

/** A collector that speaks Keen's event API, as far as a tracker can tell. */
export interface Collector {
  /** The Write keys that it takes. */
  keys: Set<string>;
  /** Takes one request; `partial` is the probability that an event meets a temporary error. */
  take(authorization: string, body: string, partial?: number): Answer;
}

/** It checks keys and limits, answers for each event, and counts a token once per collection for 31 days. */
export function createCollector(world: World): Collector {
  const keys = new Set<string>();
  const seen = new Map<string, { at: number; mark: number }>();

  const record = (collection: string, event: any, transient: boolean) => {
    const [mark = -1] = marksIn(JSON.stringify(event));
    const entry = world.ledger.entry(mark);
    if (!entry) {
      world.violation(
        'unknown event',
        `the collector got an event that no page tracked: ${JSON.stringify(event).slice(0, 100)}`,
      );
      return { success: true };
    }
    if (entry.collection !== collection)
      world.violation('wrong collection', `event ${mark} of ${entry.collection} came as ${collection}`);
    if (entry.poison === 'event')
      return { success: false, error: { name: 'InvalidPropertyValueError', description: 'no' } };
    if (transient) return { success: false, error: { name: 'ServerError', description: 'try again' } };
    const token = event.keen?.uniqueness_token;
    const name = `${collection}/${token}`;
    const before = seen.get(name);
    if (token && before && world.now() - before.at < TOKEN_MEMORY_MS) {
      if (before.mark !== mark) world.violation('token', `events ${before.mark} and ${mark} have the same token`);
      world.count('repeat dropped');
    } else {
      if (token) seen.set(name, { at: world.now(), mark });
      entry.counted++;
      world.ledger.note(entry, 'counted');
      // No page knows the age of an event that has met a wrong clock, and the collector forgets its token.
      const isForgotten = token && before && world.rules.clockWentBack();
      if (entry.counted > 1 && !isForgotten)
        world.violation('counted twice', `event ${mark} was counted ${entry.counted} times`);
    }
    return { success: true };
  };

  return {
    keys,

    take(authorization, body, partial = 0) {
      if (!keys.has(authorization.replace(/^Bearer /, ''))) {
        world.count('key refused');
        return refuse(401, 'InvalidApiKeyError');
      }
      if (body.length > MAX_BODY_CHARS) {
        world.count('413 from the collector');
        return refuse(413, 'RequestEntityTooLargeError');
      }
      let lists: Record<string, unknown[]>;
      try {
        lists = JSON.parse(body);
      } catch {
        world.violation('malformed', `the body is not JSON: ${body.slice(0, 100)}`);
        return refuse(400, 'InvalidJSONError');
      }
      const poisoned = marksIn(body).some((mark) => world.ledger.entry(mark)?.poison === 'batch');
      if (poisoned) {
        world.count('400 for a poison event');
        return refuse(400, 'InvalidBatchError');
      }
      const results: Record<string, object[]> = {};
      for (const [collection, events] of Object.entries(lists)) {
        results[collection] = events.map((event) =>
          record(collection, event, partial > 0 && world.random.chance(partial)),
        );
      }
      return { status: 200, body: JSON.stringify(results) };
    },
  };
}
