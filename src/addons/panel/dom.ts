/** Makes an element. Data becomes text or attributes, never HTML. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

/** Sets a text only if it differs, so that a live region does not repeat itself. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes `list` show the items. Items that were there keep their elements, and with them focus and open details.
 *
 * @param keyOf identifies an item across calls
 */
export function showItems<Item>(
  list: Element,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  create: (item: Item) => HTMLElement,
  update?: (element: HTMLElement, item: Item) => void,
): void {
  const before = new Map(Array.from(list.children, (child) => [(child as HTMLElement).dataset.key, child]));
  let next = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = (before.get(key) as HTMLElement | undefined) ?? create(item);
    before.delete(key);
    element.dataset.key = key;
    update?.(element, item);
    // Moving an element loses its focus.
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
  for (const element of before.values()) element.remove();
}

/** `1 event`, `2,000 events`. */
export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** The time of day. */
export const clock = (time: number) => (Number.isNaN(time) ? '' : new Date(time).toLocaleTimeString('en-GB'));
