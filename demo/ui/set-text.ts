/**
 * Sets an element's text only if it differs. Setting the same text again would make a live region repeat itself and
 * clear the visitor's selection.
 */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
