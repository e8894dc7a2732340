// Wires the page of refused requests: who tried what, with which class of key.

import { setText } from '../../../ui/set-text.ts';
import { tellState } from './connection-state.ts';
import type { ActivityData } from './data.ts';
import { byId } from './dom.ts';
import { type Choice, showFacet } from './facet.ts';
import { count, counted } from './format.ts';
import { KEY_NAMES } from './key-names.ts';
import { poll } from './poll.ts';
import { showReturned } from './refusals.ts';

const STEP = 100;
const MOST = 1_000;

/** What is chosen stands in the address, so that it can be kept and sent to someone. */
const filter = new URLSearchParams(location.search);
const chosen = (name: 'key' | 'code') => filter.get(name) ?? '';
let limit = STEP;

const askNow = poll<ActivityData>(
  () =>
    `activity/data?${new URLSearchParams([...filter].filter(([name]) => name === 'key' || name === 'code').concat([['limit', String(limit)]]))}`,
  (answer) => {
    tellState(answer.kind);
    if (answer.kind === 'data') show(answer.data);
  },
);

byId('filters').addEventListener('change', ({ target }) => {
  const { name, value } = target as HTMLInputElement;
  if (value) filter.set(name, value);
  else filter.delete(name);
  choose();
});
byId('reset').addEventListener('click', () => {
  for (const name of ['key', 'code']) filter.delete(name);
  choose();
  byId('entries-title').focus(); // the button is about to go
});
byId('older').addEventListener('click', () => {
  limit = Math.min(limit + STEP, MOST);
  askNow();
});

function choose(): void {
  limit = STEP;
  const query = filter.toString();
  history.replaceState(null, '', location.pathname + (query && `?${query}`));
  askNow();
}

function show({ counts, newest, more, now, projectId }: ActivityData): void {
  const [key, code] = [chosen('key'), chosen('code')];
  const sum = (some: ActivityData['counts']) => some.reduce((total, { times }) => total + times, 0);
  // Each of the two counts what fits the other one.
  const byKey = counts.filter((each) => !code || each.code === code);
  const byCode = counts.filter((each) => !key || each.key === key);
  const fitting = sum(byKey.filter((each) => !key || each.key === key));
  const total = sum(counts);

  const all = (some: ActivityData['counts']): Choice => ({ value: '', label: 'All', times: sum(some) });
  const keys = Object.entries(KEY_NAMES).map(([value, label]) => ({
    value,
    label,
    times: sum(byKey.filter((each) => each.key === value)),
  }));
  const codes = [...new Set([...counts.map((each) => each.code), ...(code ? [code] : [])])]
    .map((value) => ({ value, label: value, times: sum(byCode.filter((each) => each.code === value)) }))
    .sort((a, b) => b.times - a.times || (a.label < b.label ? -1 : 1));
  const worth = ({ value, times }: Choice) => times > 0 || value === key || value === code;
  showFacet(byId('keys'), 'key', [all(byKey), ...keys.filter(worth)], key);
  showFacet(byId('codes'), 'code', [all(byCode), ...codes.filter(worth)], code);

  setText(byId('project'), projectId);
  setText(byId('summary'), summary(fitting, newest.length, more));
  byId('empty').hidden = total > 0;
  byId('activity').hidden = total === 0;
  byId('nothing').hidden = fitting > 0;
  byId('reset').hidden = !key && !code;
  byId('older').hidden = !more || limit === MOST;
  showReturned(byId('returned'), newest, { now, projectId });
}

const summary = (fitting: number, lines: number, more: boolean) =>
  `${counted(fitting, 'refused request')}${more ? `; here are the newest ${count(lines)} lines` : ''}. Equal ones of a minute share a line.`;
