import { showList } from '../../../ui/show-list.ts';
import { classFor, colourOf } from './colours.ts';
import type { DashboardData } from './data.ts';
import { make } from './dom.ts';
import { timeElement } from './format.ts';

/** Properties and characters in the one-line summary of an event. */
const MAX_PROPERTIES = 6;
const MAX_SUMMARY_CHARS = 240;
/** Characters shown of an event that was cut short, whose JSON cannot be parsed. */
const CUT_SUMMARY_CHARS = 200;

type LatestEvent = DashboardData['events'][number];

/** Shows the latest events, each of which expands to its whole JSON. */
export function showLatestEvents(list: Element, { events, collections, now }: DashboardData): void {
  const colours = colourOf(collections);
  showList(list, {
    items: events,
    // Not a part of the text: different events can begin alike.
    keyOf: ({ id }) => id,
    create: (event) => createEvent(event, now),
    update: (item, { collection }) => {
      item.className = classFor(colours.get(collection));
    },
  });
}

function createEvent({ collection, event, cut }: LatestEvent, now: number): HTMLElement {
  const { keen, ...own } = cut ? { keen: undefined } : (JSON.parse(event) as Record<string, unknown>);
  const { created_at: at } = (keen ?? {}) as { created_at?: string };
  const summary = make(
    'summary',
    '',
    at ? timeElement(Date.parse(at), now) : make('span', 'quiet', 'long'),
    make('b', '', collection),
    make('span', 'gist', cut ? event.slice(0, CUT_SUMMARY_CHARS) : summarize(own)),
  );
  const details = make('details', '', summary);
  // Format the JSON only when it is opened: most events never are.
  details.addEventListener('toggle', () => {
    if (details.querySelector('pre')) return;
    const pre = make(
      'pre',
      '',
      cut ? `${event}… (cut here; an extraction returns all of it)` : JSON.stringify(JSON.parse(event), null, 2),
    );
    pre.tabIndex = 0; // it scrolls, also by keyboard
    details.append(pre);
  });
  return make('li', '', details);
}

/** The first few properties in one line. */
const summarize = (event: Record<string, unknown>) =>
  Object.entries(event)
    .slice(0, MAX_PROPERTIES)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
    .slice(0, MAX_SUMMARY_CHARS);
