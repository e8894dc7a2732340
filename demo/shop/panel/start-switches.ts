import type { Consent } from '../../../src/types.ts';
import { setText } from '../../ui/set-text.ts';
import { part } from '../dom.ts';
import type { Wire } from './network-monitor.ts';
import type { Slot } from './shop-tracker.ts';

type Say = (text: string) => void;

/** Network, collector and consent: what can go wrong on a real day, each under a button. */
export function startSwitches(panel: HTMLElement, slot: Slot, wire: Wire, say: Say): void {
  startNetwork(panel, wire);
  startCollector(panel, say);
  startConsent(panel, slot, say);
}

function startNetwork(panel: HTMLElement, wire: Wire): void {
  const lamp = part(panel, 'network');
  const button = part<HTMLButtonElement>(panel, 'network-button');
  const show = () => {
    lamp.dataset.tone = wire.offline ? 'bad' : 'good';
    setText(lamp, wire.offline ? 'off' : 'on');
    setText(button, wire.offline ? 'Go online' : 'Go offline');
  };
  button.addEventListener('click', () => wire.setOffline(!wire.offline));
  wire.onChange(show);
  show();
}

function startCollector(panel: HTMLElement, say: Say): void {
  const lamp = part(panel, 'collector');
  const button = part<HTMLButtonElement>(panel, 'collector-button');
  let running = true;

  const show = (state: 'running' | 'stopped') => {
    running = state === 'running';
    lamp.dataset.tone = running ? 'good' : 'bad';
    setText(lamp, state);
    setText(button, running ? 'Stop it' : 'Start it');
  };

  const ask = async (path: string, method: string) => {
    const answer = await fetch(`/control/${path}`, { method });
    const { state, message } = (await answer.json()) as { state?: 'running' | 'stopped'; message?: string };
    if (!state) throw new Error(message ?? `status ${answer.status}`);
    show(state);
  };

  button.addEventListener('click', async () => {
    // Not `disabled`, which would take the keyboard's focus away.
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    setText(lamp, running ? 'stopping' : 'starting');
    try {
      await ask(running ? 'collector/stop' : 'collector/start', 'POST');
    } catch (error) {
      say(`The demo’s server did not do it: ${error instanceof Error ? error.message : error}`);
      await look();
    }
    button.ariaBusy = 'false';
  });

  // Another tab may have pressed the button, or the whole demo may have ended.
  const look = () => (button.ariaBusy === 'true' ? undefined : ask('state', 'GET').catch(() => show('stopped')));
  addEventListener('focus', look);
  void look();
}

function startConsent(panel: HTMLElement, slot: Slot, say: Say): void {
  const SAID: Record<Consent, string> = {
    granted: 'Consent granted: what was held is stored and sent.',
    pending: 'Consent pending: events are held in memory, none is stored or sent.',
    denied: 'Consent denied: the queue is purged and nothing more is taken.',
  };
  const radios = [...panel.querySelectorAll<HTMLInputElement>('input[name="consent"]')];
  let current = document.body.dataset.consent;

  const set = async (consent: string) => {
    if (consent === current) return;
    current = consent;
    for (const radio of radios) radio.checked = radio.value === consent;
    await slot.setConsent(consent as Consent);
    say(SAID[consent as Consent]);
  };

  for (const radio of radios) {
    radio.checked = radio.value === current;
    radio.addEventListener('change', () => {
      // The shop remembers it: its next page starts with it, its other tabs follow.
      document.cookie = `consent=${radio.value}; path=/; samesite=strict`;
      void set(radio.value);
    });
  }
  const follow = () => void set(/(?:^|; )consent=(pending|denied)/.exec(document.cookie)?.[1] ?? 'granted');
  addEventListener('pageshow', follow);
  addEventListener('focus', follow);
}
