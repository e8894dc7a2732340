import { setText } from '../../ui/set-text.ts';
import { showList } from '../../ui/show-list.ts';
import { clock, copyTemplate, part, plural } from '../dom.ts';
import type { Exchange } from './exchange-log.ts';
import type { NetworkMonitor } from './network-monitor.ts';

/** Shows the tracker's requests with their answers, newest first. */
export function showSent(panel: HTMLElement, { exchanges, totals }: NetworkMonitor): void {
  setText(part(panel, 'requests'), totals.requests.toLocaleString('en'));
  setText(part(panel, 'acknowledged'), totals.acknowledged.toLocaleString('en'));
  part(panel, 'sent-empty').hidden = exchanges.length > 0;
  showList(part(panel, 'sent'), {
    items: exchanges,
    keyOf: ({ id }) => String(id),
    create: createRow,
    update: updateRow,
  });
}

function createRow({ at, eventCounts, bytes, keepalive }: Exchange): HTMLElement {
  const row = copyTemplate('exchange').firstElementChild as HTMLElement;
  const time = part<HTMLTimeElement>(row, 'time');
  time.dateTime = new Date(at).toISOString();
  time.textContent = clock(at);
  part(row, 'counts').textContent = Object.entries(eventCounts)
    .map(([collection, count]) => `${collection}\u00a0×\u00a0${count.toLocaleString('en')}`)
    .join(', ');
  part(row, 'size').textContent = `${sizeText(bytes)}${keepalive ? ', keepalive' : ''}`;
  return row;
}

function updateRow(row: HTMLElement, exchange: Exchange): void {
  row.dataset.tone = toneOf(exchange);
  setText(part(row, 'answer'), answerText(exchange));
  setText(part(row, 'notes'), exchange.notes?.join('; ') ?? '');
}

function toneOf({ state, status = 0, notes }: Exchange): 'open' | 'good' | 'bad' {
  if (state === 'in-flight' || state === 'page-closed') return 'open';
  return state === 'answered' && status < 300 && !notes?.length ? 'good' : 'bad';
}

function answerText({ state, status, acknowledged = 0, durationMs = 0 }: Exchange): string {
  if (state === 'in-flight') return 'on its way';
  if (state === 'page-closed') return 'sent while the page closed, so nobody heard the answer';
  if (state === 'failed') return 'no answer';
  return `${status}${status! < 300 ? `, ${plural(acknowledged, 'event')} taken` : ''} in ${durationMs} ms`;
}

const sizeText = (bytes: number) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
