import { timePart } from '../../src/event.ts';
import { createRandom } from '../simulate/random.ts';

/** Events of one visit: they share a nonce, and their counts run from 1, as in the tracker's own tokens. */
const VISIT = 100;
/** Different texts; after these, only token and time differ. */
const VARIETY = 2_000;
const DAY = 86_400_000;
/** Places of the same length as what is written over them. */
const TIME = '#'.repeat(24);
const TOKEN = '@'.repeat(50);

/** A request's body, good until the next one is asked for, and the number of its first event. */
export interface Body {
  body: Buffer;
  first: number;
}

export interface EventSource {
  /** The next `count` events: one object where `count` is 1, else a bulk. */
  next(count: number): Body;
  /** The body that `next` made with this first event. */
  again(first: number, count: number): Buffer;
  /** An event's token and time, by its number. */
  token(event: number): string;
  time(event: number): number;
  /** The number after the last one made. */
  made(): number;
  /** Makes the last `count` events once more. */
  rewind(count: number): void;
  /** Mean bytes of an event's JSON. */
  bytes: number;
}

/**
 * Page views of a shop, each with a token of its own, made so cheaply that it is not their making that is measured: the texts
 * are made once, and only tokens and times are written into them. Times run through the 28 days before now.
 *
 * @param total events after which the 28 days are over
 * @param seed tokens of another seed are others
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
  const texts = Array.from({ length: VARIETY }, (_, index) => JSON.stringify(view(index)));
  const templates = new Map<number, Template[]>();
  const start = Date.now() - 28 * DAY;
  const step = (28 * DAY) / total;
  const time = (event: number) => Math.floor(start + event * step);
  let made = 0;
  let visit = -1;
  let nonce = '';

  function token(event: number): string {
    if (Math.floor(event / VISIT) !== visit) {
      visit = Math.floor(event / VISIT);
      const { int } = createRandom(visit, seed);
      nonce = Array.from({ length: 3 }, () => String(int(2 ** 32)).padStart(10, '0')).join('');
    }
    return `${timePart(time(event))}-${nonce}-${timePart((event % VISIT) + 1)}`;
  }

  function templatesOf(count: number): Template[] {
    const known =
      templates.get(count) ??
      Array.from({ length: Math.floor(VARIETY / count) }, (_, index) => {
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
    bytes: texts.reduce((sum, text) => sum + text.length, 0) / VARIETY,
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
  /** Where each event's time and token go. */
  times: number[];
  tokens: number[];
}

function toTemplate(text: string): Template {
  const places = (what: string) => [...text.matchAll(new RegExp(what, 'g'))].map(({ index }) => index);
  return { body: Buffer.from(text, 'latin1'), times: places(TIME), tokens: places(TOKEN) };
}

const words = 'stamp letter parcel postcard envelope crate sack slot street town river harbour'.split(' ');

/** A page view as a shop would track it: about half a kilobyte. */
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
