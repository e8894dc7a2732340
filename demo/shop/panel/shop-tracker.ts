import type { AccessKey, Consent, FlushResult, Outcome } from '../../../src/types.ts';
import type { Bare, ShopEvents } from '../shared/events.ts';

/** What shop and panel need of mailslot, the same from the script tag's function and the imported tracker. */
export interface Slot {
  track<Collection extends keyof ShopEvents>(collection: Collection, event: Bare<Collection>): Promise<Outcome>;
  flush(): Promise<FlushResult>;
  pending(): Promise<number>;
  setConsent(consent: Consent): Promise<void>;
  /** Has the guard look at a key, and leaves the page's own in place. @throws KeyError for one that it refuses. */
  tryKey(key: string | AccessKey): void;
}
