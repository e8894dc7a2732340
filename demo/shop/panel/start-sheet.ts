import { part } from '../dom.ts';

/** On a narrow screen the panel is a sheet at the bottom edge, closed at first. Wide screens show all of it. */
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
  // The keyboard's next stop must not lie behind the sheet. A tap on what is seen above it may leave it open.
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof Element && !panel.contains(target) && target.matches(':focus-visible')) set(false);
  });
}
