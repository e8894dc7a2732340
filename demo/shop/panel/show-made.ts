import { setText } from '../../ui/set-text.ts';
import { showList } from '../../ui/show-list.ts';
import { clock, copyTemplate, part } from '../dom.ts';
import type { MadeEvent, MadeLog } from './made-log.ts';

/** Properties that a row of one line leaves out. */
const LESS_TELLING = ['keen', 'shop', 'view', 'url', 'navigation_type', 'navigation_id'];

/** Shows the events that add-ons made, newest first. */
export function showMade(panel: HTMLElement, { events, count }: MadeLog): void {
  setText(part(panel, 'made-count'), count.toLocaleString('en'));
  part(panel, 'made-empty').hidden = events.length > 0;
  showList(part(panel, 'made'), { items: events, keyOf: ({ id }) => String(id), create: createRow });
}

function createRow({ at, collection, json }: MadeEvent): HTMLElement {
  const row = copyTemplate('made').firstElementChild as HTMLElement;
  const event = Object.entries(JSON.parse(json) as Record<string, unknown>);
  const time = part<HTMLTimeElement>(row, 'time');
  time.dateTime = new Date(at).toISOString();
  time.textContent = clock(at);
  part(row, 'collection').textContent = collection;
  part(row, 'brief').textContent = event
    .filter(([name]) => !LESS_TELLING.includes(name))
    .map(([name, value]) => `${name}: ${(value as { value?: unknown } | null)?.value ?? value}`)
    .join(', ');
  part(row, 'json').textContent = JSON.stringify(JSON.parse(json), null, 2);
  return row;
}
