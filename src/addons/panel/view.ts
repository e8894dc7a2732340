import { clock, make, plural, setText, showItems } from './dom.ts';
import type { Exchange, ExchangeLog } from './exchange-log.ts';
import type { QueuedEvent } from './peek-queue.ts';
import { STYLE } from './style.ts';

/** What the panel shows, in a shadow root. */
export interface View {
  host: HTMLElement;
  /** Shows the queue: its length, and its oldest events. */
  showQueue(waiting: number, events: readonly QueuedEvent[]): void;
  showExchanges(log: Pick<ExchangeLog, 'exchanges' | 'totals'>): void;
  /** Shows the latest problem. */
  showStatus(text: string): void;
  /** Shows what the tracker was set up with. */
  showSetup(setup: Record<string, unknown>): void;
  remove(): void;
}

export interface ViewOptions {
  /** The element that gets the panel; without it, it floats over the page. */
  into: Element | undefined;
  onClose(): void;
}

const section = (title: string, ...children: Node[]) => make('section', {}, make('h3', {}, title), ...children);
const list = (label: string, ...children: Node[]) =>
  make('div', { class: 'list', tabindex: '0', role: 'region', 'aria-label': label }, ...children);

export function createView({ into, onClose }: ViewOptions): View {
  const part = <Name extends keyof HTMLElementTagNameMap>(tag: Name, name: string, text = '') =>
    make(tag, { 'data-part': name }, text);
  const waiting = part('dd', 'waiting', '–');
  const requests = part('dd', 'requests', '0');
  const acknowledged = part('dd', 'acknowledged', '0');
  const queueEmpty = make('p', { 'data-part': 'queue-empty', class: 'note' });
  const queue = part('ol', 'queue');
  const queueMore = make('p', { 'data-part': 'queue-more', class: 'note' });
  const sentEmpty = make('p', { 'data-part': 'sent-empty', class: 'note' }, 'No request has left this tab yet.');
  const sent = part('ol', 'sent');
  const status = make('p', { role: 'status', 'data-part': 'problem', class: 'note' });
  const setup = make('details', {}, make('summary', {}, 'Set-up'), part('pre', 'setup'));

  const host = make('div', into ? {} : { 'data-floating': '', role: 'complementary', 'aria-label': 'mailslot' });
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  if (!into) {
    const close = make('button', { type: 'button' }, 'Close');
    close.addEventListener('click', onClose);
    root.append(make('header', {}, make('h2', {}, 'What mailslot is doing'), close));
  }
  const count = (name: string, value: Node) => make('div', {}, make('dt', {}, name), value);
  root.append(
    make('dl', {}, count('Waiting', waiting), count('Requests', requests), count('Acknowledged', acknowledged)),
    status,
    section('In the queue', list('In the queue', queueEmpty, queue, queueMore)),
    section('Sent, and what the collector answered', list('Sent', sentEmpty, sent)),
    setup,
  );
  (into ?? document.body).append(host);

  return {
    host,
    showQueue(total, events) {
      setText(waiting, total.toLocaleString('en'));
      showItems(queue, events, ({ id }) => id, createQueued);
      queueEmpty.hidden = events.length > 0;
      const inMemory = `${plural(total, 'event')} in this page’s memory. Nothing is stored.`;
      setText(queueEmpty, total ? inMemory : 'Nothing waits. Events are sent within a second.');
      queueMore.hidden = total <= events.length || !events.length;
      setText(queueMore, `and ${plural(total - events.length, 'more', 'more')}`);
    },
    showExchanges({ exchanges, totals }) {
      setText(requests, totals.requests.toLocaleString('en'));
      setText(acknowledged, totals.acknowledged.toLocaleString('en'));
      sentEmpty.hidden = exchanges.length > 0;
      showItems(sent, exchanges, ({ id }) => String(id), createExchange, updateExchange);
    },
    showStatus: (text) => setText(status, text),
    showSetup(values) {
      const lines = Object.entries(values).map(([name, value]) => `${name}: ${value}`);
      setText(setup.lastElementChild!, lines.join('\n'));
    },
    remove: () => host.remove(),
  };
}

function createQueued({ id, collection, json }: QueuedEvent): HTMLElement {
  const { keen, ...event } = JSON.parse(json) as Record<string, unknown> & { keen?: { timestamp?: string } };
  const brief = Object.entries(event)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
  const time = make(
    'time',
    { 'data-part': 'time', datetime: keen?.timestamp ?? '' },
    clock(Date.parse(keen?.timestamp ?? '')),
  );
  const summary = make(
    'summary',
    {},
    time,
    make('b', { 'data-part': 'collection' }, collection),
    make('span', { 'data-part': 'brief' }, brief),
  );
  const text = `${id}\n${JSON.stringify(JSON.parse(json), null, 2)}`;
  return make('li', {}, make('details', {}, summary, make('pre', { 'data-part': 'json' }, text)));
}

function createExchange({ at, eventCounts, bytes }: Exchange): HTMLElement {
  const counts = Object.entries(eventCounts)
    .map(([collection, count]) => `${collection}\u00a0×\u00a0${count.toLocaleString('en')}`)
    .join(', ');
  const size = bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
  const time = make('time', { datetime: new Date(at).toISOString() }, clock(at));
  return make(
    'li',
    {},
    make('div', {}, time, make('span', {}, `${counts} `), make('small', {}, size)),
    make('p', {}, make('b', {}), make('span', {})),
  );
}

function updateExchange(row: HTMLElement, exchange: Exchange): void {
  row.dataset.tone = toneOf(exchange);
  const [answer, notes] = Array.from(row.lastElementChild!.children);
  setText(answer!, answerText(exchange));
  setText(notes!, exchange.notes?.join('; ') ?? '');
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
