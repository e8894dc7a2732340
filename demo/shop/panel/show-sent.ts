import { setText } from '../../ui/set-text.ts';
import { showList } from '../../ui/show-list.ts';
import { clock, copyTemplate, part, plural } from '../dom.ts';
import type { Exchange, Wire } from './network-monitor.ts';

/** Draws each request with its answer, the latest on top. */
export function showSent(panel: HTMLElement, wire: Wire): void {
  setText(part(panel, 'requests'), wire.totals.requests.toLocaleString('en'));
  setText(part(panel, 'taken'), wire.totals.taken.toLocaleString('en'));
  part(panel, 'sent-empty').hidden = wire.exchanges.length > 0;
  showList(part(panel, 'sent'), wire.exchanges, ({ id }) => String(id), create, update);
}

function create(exchange: Exchange): HTMLElement {
  const row = copyTemplate('exchange').firstElementChild as HTMLElement;
  const time = part<HTMLTimeElement>(row, 'time');
  time.dateTime = new Date(exchange.at).toISOString();
  time.textContent = clock(exchange.at);
  part(row, 'sent').textContent = Object.entries(exchange.sent)
    .map(([collection, count]) => `${collection}\u00a0×\u00a0${count.toLocaleString('en')}`)
    .join(', ');
  part(row, 'how').textContent = `${size(exchange.bytes)}${exchange.keepalive ? ', keepalive' : ''}`;
  return row;
}

function update(row: HTMLElement, exchange: Exchange): void {
  row.dataset.tone = tone(exchange);
  setText(part(row, 'answer'), answer(exchange));
  setText(part(row, 'notes'), exchange.notes?.join('; ') ?? '');
}

function tone({ state, status = 0, notes }: Exchange): string {
  if (state === 'waiting' || state === 'left') return 'open';
  return state === 'answered' && status < 300 && !notes?.length ? 'good' : 'bad';
}

function answer({ state, status, taken = 0, took = 0 }: Exchange): string {
  if (state === 'waiting') return 'on its way';
  if (state === 'left') return 'sent while the page closed, so nobody heard the answer';
  if (state === 'failed') return 'no answer';
  return `${status}${status! < 300 ? `, ${plural(taken, 'event')} taken` : ''} in ${took} ms`;
}

const size = (bytes: number) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
