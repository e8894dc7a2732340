import { setText } from '../../../ui/set-text.ts';
import { byId } from './dom.ts';
import type { Answer } from './poll.ts';

const SAID = {
  data: 'Live',
  away: 'The collector does not answer. Asking again until it does.',
  closed: 'You are logged out, or the collector was started anew. Reload the page to log in.',
};

/** Says on the door how the last look went. */
export function tellState(kind: Answer<unknown>['kind']): void {
  byId('main').dataset.state = kind;
  byId('state').dataset.kind = kind;
  setText(byId('state'), SAID[kind]);
}
