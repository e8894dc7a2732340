import { setText } from '../../../ui/set-text.ts';
import { showList } from '../../../ui/show-list.ts';
import { make } from './dom.ts';
import { count } from './format.ts';

/** One radio button of a filter. */
export interface Choice {
  /** Empty for "All". */
  value: string;
  label: string;
  /** Requests that this choice would show. */
  times: number;
}

/** Shows a filter as radio buttons with counts. Choices that are already there keep their element and focus. */
export function showFacet(list: Element, name: string, choices: Choice[], chosen: string): void {
  const most = Math.max(1, ...choices.filter(({ value }) => value).map(({ times }) => times));
  showList(list, {
    items: choices,
    keyOf: ({ value }) => value,
    create: (choice) => createChoice(name, choice),
    update: (item, { value, times }) => {
      item.querySelector('input')!.checked = value === chosen;
      setText(item.querySelector('.times')!, count(times));
      // Through the CSSOM, because the page's Content-Security-Policy forbids style attributes.
      item.style.setProperty('--share', String(value ? times / most : 0));
    },
  });
}

function createChoice(name: string, { value, label }: Choice): HTMLElement {
  const input = make('input');
  Object.assign(input, { type: 'radio', name, value });
  return make('li', '', make('label', '', input, make('span', 'label', ...breakable(label)), make('span', 'times')));
}

/** Allows line breaks between the words of a name like `InvalidApiKeyError`. */
const breakable = (text: string): (Node | string)[] =>
  text.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, index) => (index ? [document.createElement('wbr'), word] : [word]));
