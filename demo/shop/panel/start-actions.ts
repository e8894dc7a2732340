import { part, plural } from '../dom.ts';
import type { Slot } from './shop-tracker.ts';

const BURST = 1000;

/** A thousand events in one task, and a flush at once instead of in a second. */
export function startActions(
  panel: HTMLElement,
  slot: Slot,
  say: (text: string) => void,
  refresh: () => Promise<void>,
): void {
  part(panel, 'burst').addEventListener('click', async () => {
    const started = performance.now();
    const outcomes = Array.from({ length: BURST }, (_, index) =>
      slot.track('bursts', { number: index + 1, of: BURST }),
    );
    const called = performance.now();
    const became = await Promise.all(outcomes);
    const stored = performance.now();
    const count = (outcome: string) => became.filter((one) => one === outcome).length;
    say(
      `1,000 calls took the page ${(called - started).toFixed(1)} ms. ` +
        (count('stored')
          ? `All on disk after ${Math.round(stored - started)} ms.`
          : `${plural(count('held'), 'event')} held, ${count('dropped')} dropped.`),
    );
    await refresh();
  });

  part(panel, 'flush').addEventListener('click', async () => {
    const { delivered, kept, givenUp } = await slot.flush();
    say(
      `Flushed: ${delivered.toLocaleString('en')} delivered, ${kept.toLocaleString('en')} kept, ${givenUp.toLocaleString('en')} given up.`,
    );
    await refresh();
  });
}
