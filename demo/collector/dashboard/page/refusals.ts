import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import type { NotedRefusal } from '../../model/refusal.ts';
import { make } from './dom.ts';
import { count, exact, moment, timeElement } from './format.ts';
import { KEY_NAMES } from './key-names.ts';

/** The refused requests, newest first. */
export function showReturned(
  list: Element,
  newest: NotedRefusal[],
  { now, projectId }: { now: number; projectId: string },
): void {
  const own = `/3.0/projects/${projectId}/`;
  showList(
    list,
    newest,
    ({ id }) => String(id),
    (refusal) => makeRefusal(refusal, now, own),
    (item, refusal) => update(item, refusal, now),
  );
}

function makeRefusal(
  { at, method, route, status, key, keyId, origin, reason }: NotedRefusal,
  now: number,
  own: string,
): HTMLElement {
  // This project's own prefix is the same on nearly every line.
  const asked = make(
    'code',
    'asked',
    `${method} ${route.startsWith(own) ? route.slice(own.length - 1) : route} → ${status}`,
  );
  asked.title = route;
  const who = make(
    'span',
    'who',
    make('span', 'key', KEY_NAMES[key]),
    make('span', 'times'),
    ...(keyId ? [make('code', 'key-id', keyId)] : []),
  );
  const why = make('span', 'reason', reason, ...(origin ? [make('span', 'origin', ` · from ${origin}`)] : []));
  return make('li', '', timeElement(at, now), who, asked, why);
}

/** Equal ones of a minute share a line. */
function update(item: HTMLElement, { at, times }: NotedRefusal, now: number): void {
  const time = item.querySelector('time')!;
  time.dateTime = new Date(at).toISOString();
  time.title = exact(at);
  setText(time, moment(at, now));
  setText(item.querySelector('.times')!, times > 1 ? `× ${count(times)}` : '');
}
