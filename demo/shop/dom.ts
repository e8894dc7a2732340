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

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const clock = (time: number) => new Date(time).toLocaleTimeString('en-GB');
