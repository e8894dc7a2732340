import { createRandom } from '../../scripts/testing/random.ts';
import { timePart } from '../../src/event.ts';

/** Events of one visit: they share a nonce, and their counts start at 1, as in the tracker's tokens. */
const EVENTS_PER_VISIT = 100;
/** Number of different texts. Events with the same text differ only in token and time. */
const TEXTS = 2_000;
const DAY_MS = 86_400_000;
/** Placeholders of the same length as the values that replace them. */
const TIME = '#'.repeat(24);
const TOKEN = '@'.repeat(50);

/** The body of a request. */
export interface Body {
  /** Valid until the next body is made. */
  body: Buffer;
  /** The number of its first event. */
  first: number;
}

/** Makes events. Each has a number, from 0 on. */
export interface EventSource {
  /** The next `count` events: a single event if `count` is 1, otherwise a bulk. */
  next(count: number): Body;
  /** The body that `next()` made with this first event. */
  again(first: number, count: number): Buffer;
  /** The token of an event. */
  token(event: number): string;
  /** The time of an event, in milliseconds since 1970. */
  time(event: number): number;
  /** How many events were made. */
  made(): number;
  /** Makes the last `count` events once more. */
  rewind(count: number): void;
  /** Mean bytes of an event's JSON. */
  bytes: number;
}

/**
 * Page views of a shop with unique tokens. The texts are made once and only tokens and times are written into them, so
 * that making events does not affect the measurement. The times run through the last 28 days.
 *
 * @param total the number of events in these 28 days
 * @param seed another seed gives other tokens
 */
export function eventSource({
  collection,
  total,
  seed = 'load',
}: {
  collection: string;
  total: number;
  seed?: string;
}): EventSource {
  const texts = Array.from({ length: TEXTS }, (_, index) => JSON.stringify(view(index)));
  const templates = new Map<number, Template[]>();
  const start = Date.now() - 28 * DAY_MS;
  const step = (28 * DAY_MS) / total;
  const time = (event: number) => Math.floor(start + event * step);
  let made = 0;
  let visit = -1;
  let nonce = '';

  function token(event: number): string {
    if (Math.floor(event / EVENTS_PER_VISIT) !== visit) {
      visit = Math.floor(event / EVENTS_PER_VISIT);
      const { int } = createRandom(visit, seed);
      nonce = Array.from({ length: 3 }, () => String(int(2 ** 32)).padStart(10, '0')).join('');
    }
    return `${timePart(time(event))}-${nonce}-${timePart((event % EVENTS_PER_VISIT) + 1)}`;
  }

  function templatesOf(count: number): Template[] {
    const known =
      templates.get(count) ??
      Array.from({ length: Math.floor(TEXTS / count) }, (_, index) => {
        const some = texts.slice(index * count, (index + 1) * count);
        return toTemplate(count === 1 ? some[0]! : `{"${collection}":[${some.join()}]}`);
      });
    templates.set(count, known);
    return known;
  }

  function write(first: number, count: number): Buffer {
    const all = templatesOf(count);
    const { body, times, tokens } = all[Math.floor(first / count) % all.length]!;
    for (let index = 0; index < count; index++) {
      body.write(new Date(time(first + index)).toISOString(), times[index]!, 'latin1');
      body.write(token(first + index), tokens[index]!, 'latin1');
    }
    return body;
  }

  return {
    bytes: texts.reduce((sum, text) => sum + text.length, 0) / TEXTS,
    token,
    time,
    made: () => made,
    rewind: (count) => void (made -= count),
    next(count) {
      const first = made;
      made += count;
      return { body: write(first, count), first };
    },
    again: write,
  };
}

interface Template {
  body: Buffer;
  /** Offsets of each event's time and token. */
  times: number[];
  tokens: number[];
}

function toTemplate(text: string): Template {
  const offsets = (what: string) => [...text.matchAll(new RegExp(what, 'g'))].map(({ index }) => index);
  return { body: Buffer.from(text, 'latin1'), times: offsets(TIME), tokens: offsets(TOKEN) };
}

const words = 'stamp letter parcel postcard envelope crate sack slot street town river harbour'.split(' ');

/** A page view of a shop, of about half a kilobyte. */
function view(index: number): object {
  const { int, pick, chance } = createRandom(index, 'view');
  const word = pick(words);
  return {
    page: {
      url: `https://shop.example/catalogue/${word}/${int(1_000)}?from=${pick(words)}`,
      title: `Buy ${word} number ${int(1_000)} at the shop of the example`,
      referrer: `https://search.example/results?q=${pick(words)}`,
    },
    item: word,
    price: int(20_000) / 100,
    currency: pick(['EUR', 'USD', 'GBP']),
    new_customer: chance(0.3),
    user: { id: `user-${int(50_000)}`, plan: pick(['free', 'standard', 'team']), orders: int(40) },
    screen: { width: pick([390, 768, 1280, 1920]), height: pick([844, 1024, 800, 1080]) },
    tags: [pick(words), pick(words)],
    keen: { timestamp: TIME, uniqueness_token: TOKEN },
  };
}
