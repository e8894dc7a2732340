import { panel as showTracker } from 'mailslot/panel';
import type { Outcome, Problem } from '../../../src/types.ts';
import { setText } from '../../ui/set-text.ts';
import { part, plural } from '../dom.ts';
import type { ShopEvents } from '../shared/events.ts';
import { openMadeLog } from './made-log.ts';
import { switchNetwork } from './network-switch.ts';
import type { ShopTracker } from './shop-tracker.ts';
import { showMade } from './show-made.ts';
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
  const network = switchNetwork();
  const made = openMadeLog();
  const showStatus = (text: string) => setText(part(panel, 'status'), text);
  let waiting = 0;

  const showBrief = () => {
    const verb = waiting === 1 ? 'waits' : 'wait';
    setText(part(panel, 'brief'), `${plural(waiting, 'event')} ${verb}${network.offline ? ', offline' : ''}`);
  };
  const { refresh } = showTracker(tracker, {
    projectId,
    into: part(panel, 'tracker'),
    onChange(count) {
      waiting = count;
      showBrief();
    },
  });
  network.onChange(showBrief);
  startSheet(panel);
  startSwitches(panel, tracker, network, showStatus);
  startActions(panel, tracker, showStatus, refresh);
  startKeyTrial(panel, tracker);

  showMade(panel, made);

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
