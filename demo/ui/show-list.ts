export interface ListOptions<Item> {
  /** In the order to show. */
  items: readonly Item[];
  /** Identifies an item across calls; unique in the list. */
  keyOf(item: Item): string;
  /** Makes the element of a new item. */
  create(item: Item): HTMLElement;
  /** Called for each item, after `create` too. */
  update?(element: HTMLElement, item: Item): void;
}

/**
 * Makes `list` show the items in their order. Items that were there keep their elements, and with them focus and
 * open `<details>`. Elements of other items are removed.
 */
export function showList<Item>(list: Element, { items, keyOf, create, update }: ListOptions<Item>): void {
  const existing = new Map(
    [...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]),
  );
  let next = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = existing.get(key);
    existing.delete(key);
    if (!element) {
      element = create(item);
      element.dataset.key = key;
    }
    update?.(element, item);
    // Moving an element loses focus, so an element that is in place stays untouched.
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
  for (const element of existing.values()) element.remove();
}
