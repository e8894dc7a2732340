/**
 * Makes a list show these items in this order. An item that was there keeps its element, and with it focus and whether it is
 * open, while others come and go around it.
 */
export function showList<Item>(
  list: Element,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  create: (item: Item) => HTMLElement,
  update?: (element: HTMLElement, item: Item) => void,
): void {
  const there = new Map([...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = there.get(key);
    there.delete(key);
    if (!element) {
      element = create(item);
      element.dataset.key = key;
    }
    update?.(element, item);
    // Moving an element closes nothing but does lose focus, so one that is in place stays untouched.
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of there.values()) gone.remove();
}
