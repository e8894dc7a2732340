// Wires the page: asks for data while it is visible, and hands it to each part.

import { setText } from '../../../ui/set-text.ts';
import { arrivalsChart } from './chart.ts';
import { showPigeonholes } from './collections.ts';
import { tellState } from './connection-state.ts';
import type { DashboardData } from './data.ts';
import { byId } from './dom.ts';
import { count, counted, moment } from './format.ts';
import { showLetters } from './latest-events.ts';
import { showLost } from './missing-events.ts';
import { type Answer, poll } from './poll.ts';
import { showReturned } from './refusals.ts';

const spanChosen = () => document.querySelector<HTMLInputElement>('input[name="span"]:checked')!;
const showArrivals = arrivalsChart(byId<HTMLCanvasElement>('chart'));
const SPAN_NAMES = { '15m': '15 minutes', '1h': 'hour', '24h': '24 hours', '7d': '7 days', '30d': '30 days' };
/** How many events there were at the last look. */
let before: number | undefined;

const askNow = poll<DashboardData>(() => `data?span=${spanChosen().value}`, tell);
for (const radio of document.querySelectorAll('input[name="span"]')) radio.addEventListener('change', askNow);

function tell(answer: Answer<DashboardData>): void {
  tellState(answer.kind);
  if (answer.kind === 'data') show(answer.data);
}

function show(data: DashboardData): void {
  const { collections, now, refusals } = data;
  const sum = (of: 'events' | 'repeats') => collections.reduce((total, collection) => total + collection[of], 0);
  const events = sum('events');
  const latest = Math.max(0, ...collections.map((collection) => collection.latest));

  setText(byId('project'), data.projectId);
  setText(byId('total-events'), count(events));
  setText(byId('total-repeats'), count(sum('repeats')));
  setText(byId('total-refused'), count(refusals.total));
  setText(byId('last-arrival'), latest ? moment(latest, now) : '–');

  const empty = !events;
  byId('empty').hidden = !empty;
  for (const id of ['arrivals', 'holes-section']) byId(id).hidden = empty;
  byId('no-letters').hidden = !empty;
  byId('no-returned').hidden = refusals.total > 0;
  setText(byId('example'), example(data.projectId));
  setText(byId('chart-summary'), summary(data));

  if (!empty) showArrivals(data);
  showPigeonholes(byId('holes'), data);
  showLost(data);
  showLetters(byId('letters'), data);
  showReturned(byId('returned'), refusals.newest, data);
  if (before !== undefined && events > before) dropLetter();
  before = events;
}

/** What the chart shows, for who cannot see it and for who wants the number. */
function summary({ arrivals, span }: DashboardData): string {
  const total = arrivals.reduce((sum, [, , events]) => sum + events, 0);
  return `${counted(total, 'event')} in the last ${SPAN_NAMES[span]}`;
}

const example = (projectId: string) =>
  [
    `curl ${location.origin}/3.0/projects/${projectId}/events/purchases \\`,
    `  -H 'Authorization: Bearer WRITE_KEY' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"item": "stamps", "price": 4.5}'`,
  ].join('\n');

function dropLetter(): void {
  const letter = byId<SVGGElement>('letter');
  letter.addEventListener('animationend', () => letter.classList.remove('arriving'), { once: true });
  letter.classList.add('arriving');
}
