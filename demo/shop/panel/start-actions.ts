import { part, plural } from '../dom.ts';
import type { ShopTracker } from './shop-tracker.ts';

/** Events that "Track 1,000 at once" tracks in one task. */
const BURST_EVENTS = 1000;

/** Wires the buttons "Track 1,000 at once" and "Flush now". */
export function startActions(
  panel: HTMLElement,
  tracker: ShopTracker,
  showStatus: (text: string) => void,
  refresh: () => Promise<void>,
): void {
  part(panel, 'burst').addEventListener('click', async () => {
    const started = performance.now();
    const promises = Array.from({ length: BURST_EVENTS }, (_, index) =>
      tracker.track('bursts', { number: index + 1, of: BURST_EVENTS }),
    );
    const called = performance.now();
    const outcomes = await Promise.all(promises);
    const settled = performance.now();
    const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
    showStatus(
      `1,000 calls took the page ${(called - started).toFixed(1)} ms. ` +
        (count('stored')
          ? `All on disk after ${Math.round(settled - started)} ms.`
          : `${plural(count('held'), 'event')} held, ${count('dropped')} dropped.`),
    );
    await refresh();
  });

  part(panel, 'flush').addEventListener('click', async () => {
    const { delivered, kept, givenUp } = await tracker.flush();
    const text = (count: number) => count.toLocaleString('en');
    showStatus(`Flushed: ${text(delivered)} delivered, ${text(kept)} kept, ${text(givenUp)} given up.`);
    await refresh();
  });
}
