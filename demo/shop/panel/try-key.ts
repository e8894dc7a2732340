import { createTracker } from 'mailslot';
import type { AccessKey } from '../../../src/types.ts';

/**
 * Has the guard look at a key while the page's own stays in place. A tracker made for this alone comes first, and says
 * whether the key would be let in; it waits for a consent that never comes, so it neither stores nor sends. What it
 * refuses is then handed to the page's own tracker, whose refusal changes nothing either.
 *
 * @throws KeyError, from the page's own tracker, for a key that is refused
 */
export function tryKey(
  key: string | AccessKey,
  projectId: string,
  setWriteKey: (key: string | AccessKey) => void,
): void {
  try {
    void createTracker({ projectId, writeKey: key as string, consent: 'pending' }).close();
  } catch {
    setWriteKey(key);
    throw new Error('the page’s tracker took what a new one refuses');
  }
}
