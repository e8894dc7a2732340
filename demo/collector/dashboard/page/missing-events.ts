import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import type { DashboardData } from './data.ts';
import { byId, make } from './dom.ts';
import { count, counted } from './format.ts';

type Day = DashboardData['pages'][number];

const dayName = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
});
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumSignificantDigits: 2 });

/** Shows whether events of pages with mailslot are missing: one sentence, and a table by day. */
export function showMissingEvents({ pages: days }: DashboardData): void {
  byId('missing-days').hidden = !days.length;
  byId('missing-empty').hidden = days.length > 0;
  const sum = (property: 'pages' | 'received' | 'missing' | 'pagesWithGaps' | 'implausiblePages') =>
    days.reduce((total, day) => total + day[property], 0);
  const missing = sum('missing');
  const implausible = sum('implausiblePages');
  const verdict = byId('missing-verdict');
  verdict.hidden = !days.length;
  verdict.dataset.missing = String(missing > 0);
  setText(
    verdict,
    missing
      ? `${counted(missing, 'event')} missing on ${counted(sum('pagesWithGaps'), 'page')}, ${share(missing, sum('received'))} of what was tracked`
      : 'Nothing is missing',
  );
  setText(
    byId('missing-base'),
    days.length
      ? `${counted(sum('received'), 'numbered event')} from ${counted(sum('pages'), 'page')} in the last 30 days${implausible ? `; ${counted(implausible, 'page')} with made-up numbers not counted` : ''}`
      : '',
  );
  showList(byId('missing-rows'), {
    items: days,
    keyOf: ({ day }) => String(day),
    create: createRow,
    update: updateRow,
  });
}

const share = (missing: number, received: number) => (missing ? percent.format(missing / (missing + received)) : '0%');

function createRow({ day }: Day): HTMLElement {
  const head = make('th', '', dayName.format(day));
  head.scope = 'row';
  return make('tr', '', head, make('td'), make('td'), make('td'), make('td'));
}

function updateRow(row: HTMLElement, { received, repeats, missing }: Day): void {
  row.className = missing ? 'gaps' : '';
  const texts = [count(received), count(repeats), count(missing), share(missing, received)];
  [...row.children].slice(1).forEach((cell, index) => setText(cell, texts[index]!));
}
