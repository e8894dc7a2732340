import { createTracker } from 'mailslot';
import type { AccessKey } from '../../../src/types.ts';

/**
 * Checks a key with the guard, and keeps the page's own key. A separate tracker gets the key first. Its consent stays
 * pending, so it neither stores nor sends. If it refuses the key, `setWriteKey` of the page's own tracker refuses it
 * too, and so changes nothing.
 *
 * @throws KeyError from the page's own tracker, if the guard refuses the key
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
    throw new Error('the page’s tracker accepted a key that a new tracker refuses');
  }
}
