/** The element with this `data-part`. @throws Error if the page has none. */
export function part<Kind extends HTMLElement = HTMLElement>(within: ParentNode, name: string): Kind {
  const found = within.querySelector<Kind>(`[data-part="${name}"]`);
  if (!found) throw new Error(`the page has no part "${name}"`);
  return found;
}

/** A new copy of a `<template>`'s content. @throws Error if the page has no such template. */
export function copyTemplate(id: string): DocumentFragment {
  const template = document.querySelector<HTMLTemplateElement>(`template#${id}`);
  if (!template) throw new Error(`the page has no template "${id}"`);
  return template.content.cloneNode(true) as DocumentFragment;
}

/** `1 event`, `2,000 events`. */
export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** The time of day, from milliseconds since 1970. */
export const clock = (time: number) => new Date(time).toLocaleTimeString('en-GB');
