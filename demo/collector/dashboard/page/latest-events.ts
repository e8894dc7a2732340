import { showList } from '../../../ui/show-list.ts';
import { classFor, colourOf } from './colours.ts';
import type { DashboardData } from './data.ts';
import { make } from './dom.ts';
import { timeElement } from './format.ts';

type Letter = DashboardData['events'][number];

/** The last events, each opening to its whole JSON. */
export function showLetters(list: Element, { events, collections, now }: DashboardData): void {
  const colours = colourOf(collections);
  showList(
    list,
    events,
    keyOf,
    (letter) => makeLetter(letter, now),
    (item, { collection }) => {
      item.className = classFor(colours.get(collection));
    },
  );
}

/** The server's id stands at the end of each event's JSON; of one that is cut, its beginning has to do. */
const keyOf = ({ event }: Letter) => /"id":"(\w+)"\}\}$/.exec(event)?.[1] ?? event.slice(0, 400);

function makeLetter({ collection, event, cut }: Letter, now: number): HTMLElement {
  const { keen, ...own } = cut ? { keen: undefined } : (JSON.parse(event) as Record<string, unknown>);
  const { created_at: at } = (keen ?? {}) as { created_at?: string };
  const summary = make(
    'summary',
    '',
    at ? timeElement(Date.parse(at), now) : make('span', 'quiet', 'long'),
    make('b', '', collection),
    make('span', 'gist', cut ? event.slice(0, 200) : gist(own)),
  );
  const details = make('details', '', summary);
  // Formatted when it is looked at: most never are.
  details.addEventListener('toggle', () => {
    if (details.querySelector('pre')) return;
    const pre = make(
      'pre',
      '',
      cut ? `${event}… (cut here; an extraction has it all)` : JSON.stringify(JSON.parse(event), null, 2),
    );
    pre.tabIndex = 0; // it scrolls, and has to without a mouse
    details.append(pre);
  });
  return make('li', '', details);
}

/** The first few properties in one line. */
const gist = (event: Record<string, unknown>) =>
  Object.entries(event)
    .slice(0, 6)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
    .slice(0, 240);
