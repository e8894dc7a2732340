import { listen } from './listen.ts';
import type { Stop, Target } from './target.ts';

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

/**
 * Remembers the visitor's choice with its time and the version of the policy, and applies it to the tracker, here and in
 * other tabs. Where a page has the Transparency and Consent Framework (`__tcfapi`) or Google's consent mode, it applies
 * their choices, which they remember themselves.
 *
 * @see https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework (CMP API, version 2)
 * @see https://developers.google.com/tag-platform/security/guides/consent
 */
export function consent(tracker: ConsentTarget, options: ConsentOptions = {}): ConsentControl {
  const { version = '', purposes = [1, 8] } = options;
  const { __tcfapi = () => {}, dataLayer = [] } = globalThis as any;
  let isOn = true;
  let id: number | undefined;

  const apply = (state?: ConsentState) => {
    if (!isOn || !state) return;
    tracker.setConsent(state);
    if (state === 'denied') {
      attempt(() => {
        // What other add-ons remember.
        sessionStorage.removeItem('mailslot:session');
        localStorage.removeItem('mailslot:unique');
      });
    }
  };
  const get = (): Choice | undefined =>
    attempt(() => {
      const choice = JSON.parse(localStorage[KEY]);
      return choice.version === version ? choice : undefined;
    });
  const applyRemembered = () => apply(get()?.state);
  const look = (command: any) => {
    const state = command?.[2]?.analytics_storage;
    // A denial by default is not the visitor's choice.
    if (/^consent,(\w+,granted|update,denied)$/.test(`${[command?.[0], command?.[1], state]}`)) apply(state);
  };

  // Other tabs get this event.
  const stop = listen('storage', ({ key }) => key === KEY && applyRemembered());
  applyRemembered();
  __tcfapi('addEventListener', 2, (data: any) => {
    id = data?.listenerId;
    // While the dialog is open the visitor has not chosen.
    if (data && data.eventStatus !== 'cmpuishown') {
      const isGranted = data.gdprApplies === false || purposes.every((purpose) => data.purpose.consents[purpose]);
      apply(isGranted ? 'granted' : 'denied');
    }
  });
  const { push } = dataLayer;
  const wrapped = (...commands: unknown[]) => {
    commands.forEach(look);
    return push.apply(dataLayer, commands);
  };
  dataLayer.forEach(look);
  dataLayer.push = wrapped;

  return Object.assign(
    () => {
      isOn = false;
      stop();
      __tcfapi('removeEventListener', 2, () => {}, id);
      if (dataLayer.push === wrapped) dataLayer.push = push;
    },
    {
      get,
      set(state: ConsentState) {
        apply(state);
        attempt(() => {
          if (state === 'pending') localStorage.removeItem(KEY);
          else localStorage[KEY] = JSON.stringify({ state, time: new Date(), version });
        });
      },
    },
  );
}

/** Storage can be forbidden, and another script can have written anything. */
function attempt<Result>(use: () => Result): Result | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
