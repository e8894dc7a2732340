import { setText } from '../../../ui/set-text.ts';
import { byId } from './dom.ts';
import type { Answer } from './poll.ts';

const STATE_TEXTS = {
  data: 'Live',
  unreachable: 'The collector does not answer. Asking again until it does.',
  'logged-out': 'You are logged out, or the collector has restarted. Reload the page to log in.',
};

/** Shows in the masthead how the latest poll went. */
export function showConnectionState(kind: Answer<unknown>['kind']): void {
  byId('main').dataset.state = kind;
  byId('state').dataset.kind = kind;
  setText(byId('state'), STATE_TEXTS[kind]);
}
