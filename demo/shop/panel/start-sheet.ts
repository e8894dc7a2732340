import { part } from '../dom.ts';

/** Wires the panel's toggle. Only narrow screens use it: the panel is a sheet at the bottom edge, initially closed. */
export function startSheet(panel: HTMLElement): void {
  const toggle = part<HTMLButtonElement>(panel, 'toggle');
  const set = (open: boolean) => {
    panel.classList.toggle('is-open', open);
    toggle.setAttribute('aria-expanded', String(open));
    toggle.textContent = open ? 'Close' : 'Open';
  };
  toggle.addEventListener('click', () => set(!panel.classList.contains('is-open')));
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !panel.classList.contains('is-open')) return;
    set(false);
    toggle.focus();
  });
  // The sheet must not cover an element that gets keyboard focus. A tap above the sheet leaves it open.
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof Element && !panel.contains(target) && target.matches(':focus-visible')) set(false);
  });
}
