/** Words that a person wrote: lower case without digits, so no generated class name and no number of a customer. */
const WRITTEN = /^(?!css-|sc-|jsx-)[a-z]+([-_]+[a-z]+)*$/;

/** Names of fields for payment, passwords and the like; nothing of them is recorded. */
const SENSITIVE = /cc|cvc|cvv|card|pass|pin|secret|secur|ssn|token/i;

/** Elements that look clickable. */
export const CLICKABLE =
  'a,button,summary,label,[role=button],input[type=button],input[type=submit],input[type=checkbox],input[type=radio]';

/** A name that is safe to record: at most 64 characters, no `@`, no four digits in a row. */
export function safeName(element: Element, attribute = 'name'): string | undefined {
  // A field that is called `getAttribute` hides the form's method.
  const name = Element.prototype.getAttribute.call(element, attribute) ?? '';
  return /^(?!.*(@|\d{4})).{1,64}$/.test(name) && !SENSITIVE.test(name) ? name : undefined;
}

/** A selector of at most three steps, from tag names, ids and classes that a person wrote. */
export function selectorOf(element: Element | null): string {
  const steps: string[] = [];
  for (; element && steps.length < 3; element = element.parentElement) {
    const id = Element.prototype.getAttribute.call(element, 'id') ?? '';
    const classes = [...element.classList].filter((name) => WRITTEN.test(name)).slice(0, 2);
    steps.unshift([element.localName + (WRITTEN.test(id) ? `#${id}` : ''), ...classes].join('.'));
  }
  return steps.join('>');
}
