import { views } from 'mailslot/views';
import { type ReactNode, useEffect } from 'react';
import { tracker } from './tracker';
import { TrackerContext } from './use-tracker';

/** Gives the tracker to all components, and counts views while it is mounted. A test can give another tracker. */
export function TrackerProvider({ children, value = tracker }: { children: ReactNode; value?: typeof tracker }) {
  // The clean-up stops the add-on. The tracker itself stays open: StrictMode runs an effect twice.
  useEffect(() => views(value), [value]);
  return <TrackerContext.Provider value={value}>{children}</TrackerContext.Provider>;
}
