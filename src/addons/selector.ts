import { mask } from './mask.ts';

/** Words that a person wrote: lower case without digits, so no generated class name and no number of a customer. */
const WRITTEN = /^(?!(css|sc|jsx)-)[a-z_-]+$/;

/** Elements that look clickable. */
export const CLICKABLE =
  'a,button,summary,[role=button],input[type=button],input[type=submit],input[type=checkbox],input[type=radio]';

/** A name that is safe to record: at most 64 characters, no `@`, no four digits in a row, nothing that looks private, and nothing of payment or passwords. */
export const safeName = (element: Element, attribute = 'name') =>
  // A field that is called `getAttribute` hides the form's method.
  /^(?!.*(\*|@|\d{4}|cc|cvc|cvv|card|pass|pin|secret|secur|ssn|token)).{1,64}$/i.exec(
    mask(Element.prototype.getAttribute.call(element, attribute) ?? ''),
  )?.[0];

/** A selector of at most three steps, from tag names, ids and classes that a person wrote. A text is its element's. */
export function selectorOf(node: Node | null): string {
  const steps: string[] = [];
  for (let element: any = node; element && !steps[2]; element = element.parentElement) {
    const { localName, id, classList } = element;
    const classes = localName && [...classList].filter((name) => WRITTEN.test(name)).slice(0, 2);
    if (localName) steps.unshift([localName + (WRITTEN.test(id) ? `#${id}` : ''), ...classes].join('.'));
  }
  return steps.join('>');
}
