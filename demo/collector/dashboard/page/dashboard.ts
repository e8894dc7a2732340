// Entry of the dashboard: polls for data while the page is visible, and passes it to each section.

import { setText } from '../../../ui/set-text.ts';
import { createArrivalsChart } from './chart.ts';
import { showCollections, showMisdated } from './collections.ts';
import { showConnectionState } from './connection-state.ts';
import type { DashboardData } from './data.ts';
import { byId } from './dom.ts';
import { count, counted, moment } from './format.ts';
import { showLatestEvents } from './latest-events.ts';
import { showMissingEvents } from './missing-events.ts';
import { startPolling } from './poll.ts';
import { showRefusals } from './refusals.ts';

const SPAN_NAMES = { '15m': '15 minutes', '1h': 'hour', '24h': '24 hours', '7d': '7 days', '30d': '30 days' };

const chosenSpan = () => document.querySelector<HTMLInputElement>('input[name="span"]:checked')!.value;
const chart = createArrivalsChart(byId<HTMLCanvasElement>('chart'));
/** Events in total at the previous refresh. */
let previousTotal: number | undefined;

const poller = startPolling<DashboardData>(
  () => `data?span=${chosenSpan()}`,
  (answer) => {
    showConnectionState(answer.kind);
    if (answer.kind === 'data') show(answer.data);
  },
);
for (const radio of document.querySelectorAll('input[name="span"]')) radio.addEventListener('change', poller.refresh);

function show(data: DashboardData): void {
  const { collections, now, refusals } = data;
  const sum = (property: 'events' | 'repeats') =>
    collections.reduce((total, collection) => total + collection[property], 0);
  const events = sum('events');
  const latest = Math.max(0, ...collections.map((collection) => collection.latest));

  setText(byId('project'), data.projectId);
  setText(byId('total-events'), count(events));
  setText(byId('total-repeats'), count(sum('repeats')));
  setText(byId('total-refused'), count(refusals.total));
  setText(byId('last-arrival'), latest ? moment(latest, now) : '–');

  const empty = !events;
  byId('empty').hidden = !empty;
  for (const id of ['arrivals', 'collections-section']) byId(id).hidden = empty;
  byId('latest-events-empty').hidden = !empty;
  byId('refusals-empty').hidden = refusals.total > 0;
  setText(byId('example'), exampleCommand(data.projectId));
  setText(byId('chart-summary'), chartSummary(data));

  if (!empty) chart.show(data);
  showCollections(byId('collections'), data);
  showMisdated(byId('misdated'), data);
  showMissingEvents(data);
  showLatestEvents(byId('latest-events'), data);
  showRefusals(byId('refusals'), refusals.newest, data);
  if (previousTotal !== undefined && events > previousTotal) animateLetter();
  previousTotal = events;
}

/** The chart's total as text, for screen readers and for everyone who wants the number. */
function chartSummary({ arrivals, span }: DashboardData): string {
  const total = arrivals.reduce((sum, { events }) => sum + events, 0);
  return `${counted(total, 'event')} in the last ${SPAN_NAMES[span]}`;
}

const exampleCommand = (projectId: string) =>
  [
    `curl ${location.origin}/3.0/projects/${projectId}/events/purchases \\`,
    `  -H 'Authorization: Bearer WRITE_KEY' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"item": "stamps", "price": 4.5}'`,
  ].join('\n');

function animateLetter(): void {
  const letter = byId<SVGGElement>('letter');
  letter.addEventListener('animationend', () => letter.classList.remove('arriving'), { once: true });
  letter.classList.add('arriving');
}
