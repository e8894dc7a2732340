import { listen } from './listen.ts';
import { hasPage, type Stop, type Target } from './target.ts';

export type ConsentState = 'granted' | 'pending' | 'denied';

/** A tracker whose consent can change. */
export interface ConsentTarget extends Target {
  setConsent(state: ConsentState): unknown;
}

export interface ConsentOptions {
  /** Version of the site's policy. A choice for another version does not count. @default '' */
  version?: string;
  /**
   * The purposes of the Transparency and Consent Framework that must all be granted.
   *
   * @default [1, 8] (storage, and measuring content)
   */
  purposes?: readonly number[];
}

/** A visitor's choice, as it is remembered. */
export interface Choice {
  state: ConsentState;
  /** ISO 8601. */
  time: string;
  version: string;
}

/** Ends the add-on, and is the way to set the choice. */
export interface ConsentControl extends Stop {
  /** Applies the visitor's choice in all tabs, and remembers it; `'pending'` forgets it. */
  set(state: ConsentState): void;
  /** The choice that is remembered for this version of the policy. */
  get(): Choice | undefined;
}

const KEY = 'mailslot:consent';
/** What other add-ons remember; it goes when consent is denied. */
const OTHERS = ['mailslot:session', 'mailslot:unique'];

/**
 * Remembers the visitor's choice with its time and the version of the policy, and applies it to the tracker, here and in
 * other tabs. Where a page has the Transparency and Consent Framework (`__tcfapi`) or Google's consent mode, it applies
 * their choices, which they remember themselves.
 */
export function consent(tracker: ConsentTarget, options: ConsentOptions = {}): ConsentControl {
  const { version = '', purposes = [1, 8] } = options;
  const apply = (state: ConsentState) => {
    tracker.setConsent(state);
    if (state === 'denied') for (const key of OTHERS) for (const store of stores()) store.removeItem(key);
  };
  const get = (): Choice | undefined => {
    for (const store of stores()) {
      try {
        const choice = JSON.parse(store.getItem(KEY)!);
        if (choice?.version === version && /^(granted|denied)$/.test(choice.state)) return choice;
      } catch {
        // Another script can have written anything.
      }
    }
    return undefined;
  };
  const applyRemembered = () => {
    const choice = get();
    if (choice) apply(choice.state);
  };
  const stops: Stop[] = [];
  if (hasPage) {
    applyRemembered();
    stops.push(
      // Other tabs get this event.
      listen('storage', ({ key }) => key === KEY && applyRemembered()),
      watchFramework(purposes, apply),
      watchConsentMode(apply),
    );
  }
  return Object.assign(() => stops.forEach((stop) => stop()), {
    get,
    set(state: ConsentState) {
      apply(state);
      const [store] = stores();
      if (state === 'pending') store?.removeItem(KEY);
      else store?.setItem(KEY, JSON.stringify({ state, time: new Date().toISOString(), version }));
    },
  });
}

/** The storage of the origin and of the tab, unless the browser forbids it. */
function stores(): Storage[] {
  try {
    return [localStorage, sessionStorage];
  } catch {
    return [];
  }
}

/** @see https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework (CMP API, version 2) */
function watchFramework(purposes: readonly number[], apply: (state: ConsentState) => void): Stop {
  const { __tcfapi } = window as any;
  let id: number | undefined;
  __tcfapi?.('addEventListener', 2, (data: any, isDone: boolean) => {
    if (!isDone) return;
    id = data.listenerId;
    const isFree = data.gdprApplies === false;
    // While the dialog is open the visitor has not chosen.
    if (!isFree && !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return;
    const isGranted = isFree || purposes.every((purpose) => data.purpose?.consents?.[purpose]);
    apply(isGranted ? 'granted' : 'denied');
  });
  return () => id !== undefined && __tcfapi('removeEventListener', 2, () => {}, id);
}

/** @see https://developers.google.com/tag-platform/security/guides/consent */
function watchConsentMode(apply: (state: ConsentState) => void): Stop {
  const { dataLayer } = window as any;
  if (!Array.isArray(dataLayer)) return () => {};
  let isOn = true;
  const look = (command: any) => {
    const state = command?.[0] === 'consent' && command[2]?.analytics_storage;
    // A denial by default is not the visitor's choice.
    if (isOn && (state === 'granted' || (state === 'denied' && command[1] === 'update'))) apply(state);
  };
  dataLayer.forEach(look);
  const { push } = dataLayer;
  const wrapped = (dataLayer.push = (...commands: unknown[]) => {
    commands.forEach(look);
    return push.apply(dataLayer, commands);
  });
  return () => {
    isOn = false;
    if (dataLayer.push === wrapped) dataLayer.push = push;
  };
}
