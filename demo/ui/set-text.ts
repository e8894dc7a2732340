/** Sets the text only where it differs: a live region speaks at each change, even to the same, and a selection would be gone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
