/** The element with this id, of which the page has exactly one. */
export const byId = <T extends Element = HTMLElement>(id: string): T => document.getElementById(id) as unknown as T;

/** An element with a class and children. Data only ever becomes text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className = '', ...children: (Node | string)[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Changes text only where it differs, so that a selection or a screen reader is not disturbed by every refresh. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes a list show these items in this order. An item that was there keeps its element, and with it focus and whether it is open.
 */
export function showList<Item>(list: Element, items: readonly Item[], keyOf: (item: Item) => string, makeItem: (item: Item) => HTMLElement, update?: (element: HTMLElement, item: Item) => void): void {
  const known = new Map([...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]));
  let place: Element | null = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    known.delete(key);
    if (!element) {
      element = makeItem(item);
      element.dataset.key = key;
    }
    update?.(element, item);
    // Moving an element closes nothing but does lose focus, so one that is in place stays untouched.
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}
