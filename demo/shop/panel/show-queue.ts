import { setText } from '../../ui/set-text.ts';
import { showList } from '../../ui/show-list.ts';
import { clock, copyTemplate, part, plural } from '../dom.ts';
import { peekQueue, type Waiting } from './peek-queue.ts';
import type { Slot } from './shop-tracker.ts';

/** Records shown; a queue of thousands is told by its count. */
const SHOWN = 25;

/** Draws what waits, and resolves with how much that is. */
export async function showQueue(panel: HTMLElement, slot: Slot, projectId: string): Promise<number> {
  const [waiting, records] = await Promise.all([slot.pending(), peekQueue(projectId, SHOWN)]);
  setText(part(panel, 'waiting'), waiting.toLocaleString('en'));
  showList(part(panel, 'queue'), records, ({ id }) => id, draw);

  const empty = part(panel, 'queue-empty');
  empty.hidden = records.length > 0;
  setText(
    empty,
    waiting
      ? `${plural(waiting, 'event')} in this page’s memory. Nothing is stored.`
      : 'Nothing waits. What you click goes out within a second.',
  );
  const more = part(panel, 'queue-more');
  more.hidden = waiting <= records.length || !records.length;
  setText(more, `and ${plural(waiting - records.length, 'more', 'more')}`);
  return waiting;
}

function draw({ id, collection, json }: Waiting): HTMLElement {
  const row = copyTemplate('waiting').firstElementChild as HTMLElement;
  const { keen, shop, ...event } = JSON.parse(json) as Record<string, unknown> & { keen?: { timestamp?: string } };
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
