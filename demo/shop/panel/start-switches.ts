import type { Consent } from '../../../src/types.ts';
import { setText } from '../../ui/set-text.ts';
import { part } from '../dom.ts';
import type { NetworkSwitch } from './network-switch.ts';
import type { ShopTracker } from './shop-tracker.ts';

type ShowStatus = (text: string) => void;

/** Wires the switches for network, collector and consent. */
export function startSwitches(
  panel: HTMLElement,
  tracker: ShopTracker,
  network: NetworkSwitch,
  showStatus: ShowStatus,
): void {
  startNetworkSwitch(panel, network);
  startCollectorSwitch(panel, showStatus);
  startConsentSwitch(panel, tracker, showStatus);
}

function startNetworkSwitch(panel: HTMLElement, network: NetworkSwitch): void {
  const lamp = part(panel, 'network');
  const button = part<HTMLButtonElement>(panel, 'network-button');
  const show = () => {
    lamp.dataset.tone = network.offline ? 'bad' : 'good';
    setText(lamp, network.offline ? 'off' : 'on');
    setText(button, network.offline ? 'Go online' : 'Go offline');
  };
  button.addEventListener('click', () => network.setOffline(!network.offline));
  network.onChange(show);
  show();
}

function startCollectorSwitch(panel: HTMLElement, showStatus: ShowStatus): void {
  const lamp = part(panel, 'collector');
  const button = part<HTMLButtonElement>(panel, 'collector-button');
  let running = true;

  const show = (state: 'running' | 'stopped') => {
    running = state === 'running';
    lamp.dataset.tone = running ? 'good' : 'bad';
    setText(lamp, state);
    setText(button, running ? 'Stop it' : 'Start it');
  };

  const control = async (path: string, method: string) => {
    const response = await fetch(`/control/${path}`, { method });
    const { state, message } = (await response.json()) as { state?: 'running' | 'stopped'; message?: string };
    if (!state) throw new Error(message ?? `status ${response.status}`);
    show(state);
  };

  button.addEventListener('click', async () => {
    // `aria-busy` instead of `disabled`, which would lose the keyboard focus.
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    setText(lamp, running ? 'stopping' : 'starting');
    try {
      await control(running ? 'collector/stop' : 'collector/start', 'POST');
    } catch (error) {
      showStatus(`The demo’s server failed: ${error instanceof Error ? error.message : error}`);
      await refresh();
    }
    button.ariaBusy = 'false';
  });

  // Another tab can have pressed the button, or the whole demo can have ended.
  const refresh = () => (button.ariaBusy === 'true' ? undefined : control('state', 'GET').catch(() => show('stopped')));
  addEventListener('focus', refresh);
  void refresh();
}

const CONSENT_TEXTS: Record<Consent, string> = {
  granted: 'Consent granted: held events are stored and sent.',
  pending: 'Consent pending: events are held in memory, and none is stored or sent.',
  denied: 'Consent denied: the queue is purged, and new events are dropped.',
};

function startConsentSwitch(panel: HTMLElement, tracker: ShopTracker, showStatus: ShowStatus): void {
  const radios = [...panel.querySelectorAll<HTMLInputElement>('input[name="consent"]')];
  let current = document.body.dataset.consent;

  const set = async (consent: string) => {
    if (consent === current) return;
    current = consent;
    for (const radio of radios) radio.checked = radio.value === consent;
    await tracker.setConsent(consent as Consent);
    showStatus(CONSENT_TEXTS[consent as Consent]);
  };

  for (const radio of radios) {
    radio.checked = radio.value === current;
    radio.addEventListener('change', () => {
      // The server fills the consent into the next page, and the shop's other tabs follow the cookie.
      // biome-ignore lint/suspicious/noDocumentCookie: asynchronous cookies can miss a navigation right after the click
      document.cookie = `consent=${radio.value}; path=/; samesite=strict`;
      void set(radio.value);
    });
  }
  const follow = () => void set(/(?:^|; )consent=(pending|denied)/.exec(document.cookie)?.[1] ?? 'granted');
  addEventListener('pageshow', follow);
  addEventListener('focus', follow);
}
