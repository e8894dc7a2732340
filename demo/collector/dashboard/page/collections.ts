import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import { classFor, colourOf } from './colours.ts';
import type { DashboardData } from './data.ts';
import { make } from './dom.ts';
import { count, counted } from './format.ts';

/** Stands for all other collections. It is too long to be the name of one. */
const OTHERS = 'others'.padEnd(65, '.');

type Collection = DashboardData['collections'][number];

/** Shows each collection with its number of events and of dropped repeats, and one line for all others. */
export function showCollections(list: Element, { collections, others }: DashboardData): void {
  const colours = colourOf(collections);
  const rest = others.collections ? [{ ...others, name: OTHERS, latest: 0 }] : [];
  showList(list, {
    items: [...collections, ...rest],
    keyOf: ({ name }) => name,
    create: createCollection,
    update: (item, collection) => updateCollection(item, collection, classFor(colours.get(collection.name))),
  });
  const label = list.lastElementChild?.querySelector('.collection-name');
  if (label && rest.length) setText(label, counted(others.collections, 'other collection'));
}

/** Names events with a date far from their arrival, or hides the line if there are none. */
export function showMisdated(line: HTMLElement, { misdated: { future, past } }: DashboardData): void {
  line.hidden = !future && !past;
  const parts = [
    ...(future ? [`${counted(future, 'event')} dated more than a day after arrival`] : []),
    ...(past ? [`${counted(past, 'event')} dated more than ten years before arrival`] : []),
  ];
  setText(line, parts.length ? `Odd dates: ${parts.join(', ')}. Queries with a timeframe go by these dates.` : '');
}

const createCollection = ({ name }: Collection) =>
  make(
    'li',
    '',
    make('span', 'collection-name', name),
    make('span', 'collection-count'),
    make('span', 'quiet collection-repeats'),
  );

function updateCollection(item: HTMLElement, { events, repeats }: Collection, colourClass: string): void {
  const number = item.querySelector('.collection-count')!;
  // The animation starts only if the number has changed, because the class is set anew at each refresh.
  const changed = number.textContent !== '' && number.textContent !== count(events);
  item.className = [colourClass, changed ? 'bump' : ''].join(' ').trim();
  setText(number, count(events));
  setText(item.querySelector('.collection-repeats')!, repeats ? `${counted(repeats, 'repeat')} dropped` : 'no repeats');
}
