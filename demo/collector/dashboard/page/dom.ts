/** The element with this id. The page's HTML has it, so a missing one is a programming error and not checked. */
export const byId = <T extends Element = HTMLElement>(id: string): T => document.getElementById(id) as unknown as T;

/** Creates an element with a class and children. Strings become text, never HTML. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}
