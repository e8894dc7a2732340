import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import { make } from './dom.ts';
import { count } from './format.ts';

export interface Choice {
  /** Empty for the one that chooses nothing. */
  value: string;
  label: string;
  times: number;
}

/** One of several, as radio buttons with how often each was. A choice that was there keeps its element, and with it focus. */
export function showFacet(list: Element, name: string, choices: Choice[], chosen: string): void {
  const most = Math.max(1, ...choices.filter(({ value }) => value).map(({ times }) => times));
  showList(
    list,
    choices,
    ({ value }) => value,
    (choice) => makeChoice(name, choice),
    (item, { value, times }) => {
      item.querySelector('input')!.checked = value === chosen;
      setText(item.querySelector('.times')!, count(times));
      // Through the CSSOM, which the page's policy allows; a style attribute it does not.
      item.style.setProperty('--share', String(value ? times / most : 0));
    },
  );
}

function makeChoice(name: string, { value, label }: Choice): HTMLElement {
  const input = make('input');
  Object.assign(input, { type: 'radio', name, value });
  return make('li', '', make('label', '', input, make('span', 'label', ...breakable(label)), make('span', 'times')));
}

/** May break where a word begins in `InvalidApiKeyError`. */
const breakable = (text: string): (Node | string)[] =>
  text.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, index) => (index ? [document.createElement('wbr'), word] : [word]));
