import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import { classFor, colourOf } from './colours.ts';
import type { DashboardData } from './data.ts';
import { make } from './dom.ts';
import { count, counted } from './format.ts';

type Collection = DashboardData['collections'][number];

/** A hole in the rack for each collection: how many events, how many repeats. */
export function showPigeonholes(list: Element, { collections }: DashboardData): void {
  const colours = colourOf(collections);
  showList(
    list,
    collections,
    ({ name }) => name,
    makeHole,
    (hole, collection) => {
      const [, number, note] = [...hole.children] as [Element, Element, Element];
      // The class is set anew each time, and the bump starts only where the number has changed.
      const changed = number.textContent !== '' && number.textContent !== count(collection.events);
      hole.className = [classFor(colours.get(collection.name)), changed ? 'bump' : ''].join(' ').trim();
      setText(number, count(collection.events));
      setText(note, collection.repeats ? `${counted(collection.repeats, 'repeat')} dropped` : 'no repeats');
    },
  );
}

const makeHole = ({ name }: Collection) =>
  make('li', '', make('span', 'hole-name', name), make('span', 'hole-count'), make('span', 'quiet'));
