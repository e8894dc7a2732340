import type { Outcome, Problem } from '../../../src/types.ts';
import { setText } from '../../ui/set-text.ts';
import { part, plural } from '../dom.ts';
import { watchWire } from './network-monitor.ts';
import type { Slot } from './shop-tracker.ts';
import { showQueue } from './show-queue.ts';
import { showSent } from './show-sent.ts';
import { startActions } from './start-actions.ts';
import { startKeyTrial } from './start-key-trial.ts';
import { startSheet } from './start-sheet.ts';
import { startSwitches } from './start-switches.ts';

export interface Panel {
  /** Says what became of an event that the shop tracked. */
  tracked(what: string, outcome: Promise<Outcome>): void;
  /** Says what the tracker reports to `onError`. */
  report(problem: Problem): void;
}

/** Milliseconds between two looks at the queue; other tabs of the shop fill and empty it too. */
const PACE = 500;

const BECAME: Record<Outcome, string> = {
  stored: 'stored on disk',
  held: 'held in memory, not stored',
  dropped: 'dropped',
};

/** Brings the panel beside the shop to life. It only watches and presses buttons: the shop goes on without it. */
export function startPanel(slot: Slot, projectId: string): Panel {
  const panel = part(document, 'panel');
  const wire = watchWire();
  const say = (text: string) => setText(part(panel, 'say'), text);

  let looking: Promise<void> | undefined;
  const refresh = () =>
    (looking ??= (async () => {
      try {
        const waiting = await showQueue(panel, slot, projectId);
        setText(
          part(panel, 'brief'),
          `${plural(waiting, 'event')} ${waiting === 1 ? 'waits' : 'wait'}${wire.offline ? ', offline' : ''}`,
        );
      } catch (error) {
        say(`The queue cannot be read: ${error instanceof Error ? error.message : error}.`);
      } finally {
        looking = undefined;
      }
    })());

  const redraw = () => {
    showSent(panel, wire);
    void refresh();
  };
  wire.onChange(redraw);
  startSheet(panel);
  startSwitches(panel, slot, wire, say);
  startActions(panel, slot, say, refresh);
  startKeyTrial(panel, slot);

  const look = async () => {
    if (document.visibilityState === 'visible') await refresh();
    setTimeout(look, PACE);
  };
  redraw();
  void look();

  return {
    tracked: (what, outcome) =>
      void outcome.then((became) => {
        say(`${what}: ${BECAME[became]}.`);
        void refresh();
      }),
    report: ({ code, count, status }) =>
      say(`mailslot reports “${code}”${status ? `, status ${status}` : ''}, for ${plural(count, 'event')}.`),
  };
}
