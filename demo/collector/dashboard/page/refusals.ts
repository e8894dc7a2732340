import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import type { NotedRefusal } from '../../model/refusal.ts';
import { make } from './dom.ts';
import { count, exact, moment, timeElement } from './format.ts';
import { KEY_NAMES } from './key-names.ts';

/** Shows refused requests, newest first. */
export function showRefusals(
  list: Element,
  newest: NotedRefusal[],
  { now, projectId }: { now: number; projectId: string },
): void {
  const projectPath = `/3.0/projects/${projectId}`;
  showList(list, {
    items: newest,
    keyOf: ({ id }) => String(id),
    create: (refusal) => createRefusal(refusal, now, projectPath),
    update: (item, refusal) => updateRefusal(item, refusal, now),
  });
}

function createRefusal(
  { at, method, route, status, key, keyId, origin, reason }: NotedRefusal,
  now: number,
  projectPath: string,
): HTMLElement {
  // Leave out this project's own path, which nearly all routes begin with.
  const shortRoute = route.startsWith(`${projectPath}/`) ? route.slice(projectPath.length) : route;
  const request = make('code', 'request', `${method} ${shortRoute} → ${status}`);
  request.title = route;
  const sender = make(
    'span',
    'sender',
    make('span', 'key', KEY_NAMES[key]),
    make('span', 'times'),
    ...(keyId ? [make('code', 'key-id', keyId)] : []),
  );
  const why = make('span', 'reason', reason, ...(origin ? [make('span', 'origin', ` · from ${origin}`)] : []));
  return make('li', '', timeElement(at, now), sender, request, why);
}

/** Equal requests of one minute share a line, so its time and count can change. */
function updateRefusal(item: HTMLElement, { at, times }: NotedRefusal, now: number): void {
  const time = item.querySelector('time')!;
  time.dateTime = new Date(at).toISOString();
  time.title = exact(at);
  setText(time, moment(at, now));
  setText(item.querySelector('.times')!, times > 1 ? `× ${count(times)}` : '');
}
