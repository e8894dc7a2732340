import type { Outcome, Problem } from '../../../src/types.ts';
import { setText } from '../../ui/set-text.ts';
import { part, plural } from '../dom.ts';
import type { ShopEvents } from '../shared/events.ts';
import { openMadeLog } from './made-log.ts';
import { monitorNetwork } from './network-monitor.ts';
import type { ShopTracker } from './shop-tracker.ts';
import { showMade } from './show-made.ts';
import { showQueue } from './show-queue.ts';
import { showSent } from './show-sent.ts';
import { startActions } from './start-actions.ts';
import { startKeyTrial } from './start-key-trial.ts';
import { startSheet } from './start-sheet.ts';
import { startSwitches } from './start-switches.ts';

export interface Panel {
  /** Shows the outcome of an event that the shop has tracked. */
  showOutcome(description: string, outcome: Promise<Outcome>): void;
  /** Takes each event that is tracked, and shows those that add-ons made. */
  noteEvent(collection: string, event: object): void;
  /** Shows a problem that the tracker reports to `onError`. */
  showProblem(problem: Problem): void;
}

/** Interval of reading the queue, which other tabs of the shop fill and empty too. */
const POLL_MS = 500;

const OUTCOME_TEXTS: Record<Outcome, string> = {
  stored: 'stored on disk',
  held: 'held in memory, not stored',
  dropped: 'dropped',
};

/** The shop makes the events of these collections itself. */
const OWN: readonly string[] = ['searches', 'purchases', 'bursts'] satisfies (keyof ShopEvents)[];

/** Starts the panel beside the shop. The shop works without it. */
export function startPanel(tracker: ShopTracker, projectId: string): Panel {
  const panel = part(document, 'panel');
  const monitor = monitorNetwork();
  const made = openMadeLog();
  const showStatus = (text: string) => setText(part(panel, 'status'), text);

  /** The refresh in progress, which all callers share. */
  let refreshing: Promise<void> | undefined;
  const refresh = () =>
    (refreshing ??= refreshQueue().finally(() => {
      refreshing = undefined;
    }));

  async function refreshQueue() {
    try {
      const waiting = await showQueue(panel, tracker, projectId);
      const verb = waiting === 1 ? 'waits' : 'wait';
      setText(part(panel, 'brief'), `${plural(waiting, 'event')} ${verb}${monitor.offline ? ', offline' : ''}`);
    } catch (error) {
      showStatus(`The queue cannot be read: ${error instanceof Error ? error.message : error}.`);
    }
  }

  const refreshAll = () => {
    showSent(panel, monitor);
    void refresh();
  };
  monitor.onChange(refreshAll);
  startSheet(panel);
  startSwitches(panel, tracker, monitor, showStatus);
  startActions(panel, tracker, showStatus, refresh);
  startKeyTrial(panel, tracker);

  const poll = async () => {
    if (document.visibilityState === 'visible') await refresh();
    setTimeout(poll, POLL_MS);
  };
  refreshAll();
  showMade(panel, made);
  void poll();

  return {
    showOutcome: (description, promise) =>
      void promise.then((outcome) => {
        showStatus(`${description}: ${OUTCOME_TEXTS[outcome]}.`);
        void refresh();
      }),
    noteEvent(collection, event) {
      if (OWN.includes(collection)) return;
      made.add(collection, event);
      showMade(panel, made);
    },
    showProblem: ({ code, count, status }) =>
      showStatus(`mailslot reports “${code}”${status ? `, status ${status}` : ''}, for ${plural(count, 'event')}.`),
  };
}
