import type { AccessKey, Consent, FlushResult, Hooks, Outcome } from '../../../src/types.ts';
import type { EventWithoutShop, ShopEvents } from '../shared/events.ts';

/** The parts of mailslot that shop and panel use, the same for the script tag and the import. */
export interface ShopTracker {
  track<Collection extends keyof ShopEvents>(
    collection: Collection,
    event: EventWithoutShop<Collection>,
  ): Promise<Outcome>;
  flush(): Promise<FlushResult>;
  /** Number of waiting events. */
  pending(): Promise<number>;
  setConsent(consent: Consent): Promise<void>;
  use(hooks: Hooks): () => void;
  /** Checks a key with the guard, and keeps the current one. @throws KeyError if the guard refuses it. */
  tryKey(key: string | AccessKey): void;
}
