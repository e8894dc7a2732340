/** The element that the page's HTML marks with this `data-part`. @throws Error where there is none. */
export function part<Kind extends HTMLElement = HTMLElement>(within: ParentNode, name: string): Kind {
  const found = within.querySelector<Kind>(`[data-part="${name}"]`);
  if (!found) throw new Error(`the page has no part "${name}"`);
  return found;
}

/** A fresh copy of a `<template>`'s content. @throws Error where there is none. */
export function copyTemplate(id: string): DocumentFragment {
  const template = document.querySelector<HTMLTemplateElement>(`template#${id}`);
  if (!template) throw new Error(`the page has no template "${id}"`);
  return template.content.cloneNode(true) as DocumentFragment;
}

/** Sets the text only where it differs: a live region speaks at each change, even to the same. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings a list's items in line with `rows`, keeping what is there already: an open row stays open and
 * keeps the focus while rows come and go around it.
 */
export function syncList<Row>(
  list: HTMLElement,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  create: (row: Row) => HTMLElement,
  update?: (element: HTMLElement, row: Row) => void,
): void {
  const there = new Map([...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]));
  let place = list.firstElementChild;
  for (const row of rows) {
    const key = keyOf(row);
    let element = there.get(key);
    there.delete(key);
    if (!element) {
      element = create(row);
      element.dataset.key = key;
    }
    update?.(element, row);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of there.values()) gone.remove();
}

export const plural = (count: number, one: string, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const clock = (time: number) => new Date(time).toLocaleTimeString('en-GB');
