// Entry of the activity page: all refused requests, filtered by class of key and reason.

import { setText } from '../../../ui/set-text.ts';
import { showConnectionState } from './connection-state.ts';
import type { ActivityData } from './data.ts';
import { byId } from './dom.ts';
import { type Choice, showFacet } from './facet.ts';
import { count, counted } from './format.ts';
import { KEY_NAMES } from './key-names.ts';
import { startPolling } from './poll.ts';
import { showRefusals } from './refusals.ts';

/** Lines added by each click on "Show older", and the most that the server returns. */
const PAGE_SIZE = 100;
const MAX_LINES = 1_000;

const FILTERS = ['key', 'code'] as const;
type Filter = (typeof FILTERS)[number];
type Counts = ActivityData['counts'];

/** The filter is part of the URL, so that it can be bookmarked and shared. */
const query = new URLSearchParams(location.search);
const chosen = (filter: Filter) => query.get(filter) ?? '';
let limit = PAGE_SIZE;

const poller = startPolling<ActivityData>(dataUrl, (answer) => {
  showConnectionState(answer.kind);
  if (answer.kind === 'data') show(answer.data);
});

byId('filters').addEventListener('change', ({ target }) => {
  const { name, value } = target as HTMLInputElement;
  if (value) query.set(name, value);
  else query.delete(name);
  applyFilter();
});
byId('reset').addEventListener('click', () => {
  for (const filter of FILTERS) query.delete(filter);
  applyFilter();
  byId('refusals-title').focus(); // the button is about to be hidden
});
byId('older').addEventListener('click', () => {
  limit = Math.min(limit + PAGE_SIZE, MAX_LINES);
  poller.refresh();
});

function dataUrl(): string {
  const parameters = new URLSearchParams({ limit: String(limit) });
  for (const filter of FILTERS) for (const value of query.getAll(filter)) parameters.append(filter, value);
  return `activity/data?${parameters}`;
}

function applyFilter(): void {
  limit = PAGE_SIZE;
  const text = query.toString();
  history.replaceState(null, '', location.pathname + (text && `?${text}`));
  poller.refresh();
}

function show({ counts, newest, more, now, projectId }: ActivityData): void {
  const total = sum(counts);
  const matching = sum(counts.filter(matches('key')).filter(matches('code')));
  showFilters(counts);

  setText(byId('project'), projectId);
  setText(byId('summary'), summary(matching, newest.length, more));
  byId('empty').hidden = total > 0;
  byId('activity').hidden = total === 0;
  byId('no-match').hidden = matching > 0;
  byId('reset').hidden = !chosen('key') && !chosen('code');
  byId('older').hidden = !more || limit === MAX_LINES;
  showRefusals(byId('refusals'), newest, { now, projectId });
}

/** Shows the choices of each filter with their counts, which respect the other filter. */
function showFilters(counts: Counts): void {
  const [key, code] = [chosen('key'), chosen('code')];
  const byKey = counts.filter(matches('code'));
  const byCode = counts.filter(matches('key'));
  const all = (some: Counts): Choice => ({ value: '', label: 'All', times: sum(some) });

  const keys = Object.entries(KEY_NAMES).map(([value, label]) => ({
    value,
    label,
    times: sum(byKey.filter((entry) => entry.key === value)),
  }));
  const codes = [...new Set([...counts.map((entry) => entry.code), ...(code ? [code] : [])])]
    .map((value) => ({ value, label: value, times: sum(byCode.filter((entry) => entry.code === value)) }))
    .sort((a, b) => b.times - a.times || (a.label < b.label ? -1 : 1));
  const isShown = ({ value, times }: Choice) => times > 0 || value === key || value === code;
  showFacet(byId('keys'), 'key', [all(byKey), ...keys.filter(isShown)], key);
  showFacet(byId('codes'), 'code', [all(byCode), ...codes.filter(isShown)], code);
}

const sum = (counts: Counts) => counts.reduce((total, { times }) => total + times, 0);

/** Whether an entry passes this filter; an empty filter passes all. */
function matches(filter: Filter): (entry: Counts[number]) => boolean {
  const value = chosen(filter);
  return (entry) => !value || entry[filter] === value;
}

const summary = (matching: number, lines: number, more: boolean) =>
  `${counted(matching, 'refused request')}${more ? `; here are the newest ${count(lines)} lines` : ''}. ` +
  'Equal requests of one minute share a line.';
