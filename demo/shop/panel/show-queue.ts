import { setText } from '../../ui/set-text.ts';
import { showList } from '../../ui/show-list.ts';
import { clock, copyTemplate, part, plural } from '../dom.ts';
import { peekQueue, type QueuedEvent } from './peek-queue.ts';
import type { ShopTracker } from './shop-tracker.ts';

/** Events listed; the rest of a long queue is only counted. */
const MAX_SHOWN = 25;

/** Shows the tracker's queue. Resolves with the number of waiting events. */
export async function showQueue(panel: HTMLElement, tracker: ShopTracker, projectId: string): Promise<number> {
  const [waiting, events] = await Promise.all([tracker.pending(), peekQueue(projectId, MAX_SHOWN)]);
  setText(part(panel, 'waiting'), waiting.toLocaleString('en'));
  showList(part(panel, 'queue'), { items: events, keyOf: ({ id }) => id, create: createRow });

  const empty = part(panel, 'queue-empty');
  empty.hidden = events.length > 0;
  setText(
    empty,
    waiting
      ? `${plural(waiting, 'event')} in this page’s memory. Nothing is stored.`
      : 'Nothing waits. Your clicks are sent within a second.',
  );
  const more = part(panel, 'queue-more');
  more.hidden = waiting <= events.length || !events.length;
  setText(more, `and ${plural(waiting - events.length, 'more', 'more')}`);
  return waiting;
}

function createRow({ id, collection, json }: QueuedEvent): HTMLElement {
  const row = copyTemplate('waiting').firstElementChild as HTMLElement;
  const { keen, shop, view, ...event } = JSON.parse(json) as Record<string, unknown> & {
    keen?: { timestamp?: string };
  };
  const time = part<HTMLTimeElement>(row, 'time');
  const at = Date.parse(keen?.timestamp ?? '');
  time.dateTime = keen?.timestamp ?? '';
  time.textContent = Number.isNaN(at) ? '' : clock(at);
  part(row, 'collection').textContent = collection;
  part(row, 'brief').textContent = Object.entries(event)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
  part(row, 'json').textContent = `${id}\n${JSON.stringify(JSON.parse(json), null, 2)}`;
  return row;
}
