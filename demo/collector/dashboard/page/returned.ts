import type { DashboardData } from './data.ts';
import { make, showList } from './dom.ts';
import { timeElement } from './format.ts';

type Refusal = DashboardData['refusals']['newest'][number];

const KEYS: Record<Refusal['key'], string> = {
  write: 'Write key',
  read: 'Read key',
  master: 'Master key',
  access: 'Access key',
  unknown: 'Unknown key',
  none: 'No key',
};

/** The refused requests, newest first. */
export function showReturned(list: Element, { refusals, now, projectId }: DashboardData): void {
  // Nothing in a refusal is unique; equal ones are told apart by how many came before.
  const times = new Map<string, number>();
  const keyed = [...refusals.newest].reverse().map((refusal) => {
    const text = JSON.stringify(refusal);
    times.set(text, (times.get(text) ?? 0) + 1);
    return { refusal, key: `${text}${times.get(text)}` };
  });
  showList(list, keyed.reverse(), ({ key }) => key, ({ refusal }) => makeRefusal(refusal, now, `/3.0/projects/${projectId}`));
}

function makeRefusal({ at, method, route, status, key, origin, reason }: Refusal, now: number, project: string): HTMLElement {
  // This project's own prefix is the same on nearly every line.
  const asked = make('code', 'asked', `${method} ${route.startsWith(`${project}/`) ? route.slice(project.length) : route} → ${status}`);
  asked.title = route;
  const why = make('span', 'reason', reason, ...(origin ? [make('span', 'origin', ` · from ${origin}`)] : []));
  return make('li', '', timeElement(at, now), make('span', 'key', KEYS[key]), make('span'), asked, make('span'), why);
}
