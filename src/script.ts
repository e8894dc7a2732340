import { createTracker } from './tracker.ts';
import type { Outcome, Tracker, TrackerOptions } from './types.ts';

/** The script tag's one global: `mailslot('purchases', { item: 'stamp' })`, and the tracker's other methods on it. */
type Mailslot = Tracker['track'] & Partial<Omit<Tracker, 'track'>>;

/** What the stub (stub.ts) has kept until now. */
interface Stub {
  q?: [time: number, call: Parameters<Tracker['track']>, settle: (outcome: Promise<Outcome>) => void][];
  c?: Parameters<Tracker['setConsent']>[0];
}

const NUMBERS = ['flushInterval', 'maxBatch', 'maxQueue', 'maxAge'];

/** `data-write-key="…"` → `{ writeKey: '…' }`: the tracker's options in HTML's spelling, all of them shown to the guard. */
function readOptions({ dataset }: HTMLElement): TrackerOptions {
  const options: Record<string, unknown> = { ...dataset };
  for (const name of NUMBERS) if (name in options) options[name] = Number(options[name]);
  options.respectGpc = 'respectGpc' in options && options.respectGpc !== 'false';
  // Whatever records the page's DOM need not have the key.
  delete dataset.writeKey;
  return options as unknown as TrackerOptions;
}

function start(tag: HTMLElement): void {
  const page = window as unknown as { mailslot?: Mailslot & Stub };
  const { mailslot: stub } = page;
  // A second tag, or the first one loaded twice, changes nothing.
  if (stub?.flush) return;
  let tracker: Tracker;
  try {
    tracker = createTracker(readOptions(tag)) as Tracker;
  } catch (error) {
    console.error(String(error));
    // Nothing starts, and the page's own calls must not fail for it.
    const nothing = async () => 'dropped' as never;
    tracker = { track: nothing, flush: nothing, setWriteKey: nothing, setConsent: nothing, pending: nothing, close: nothing };
  }
  const { track } = tracker;
  page.mailslot = Object.assign((...call: Parameters<typeof track>) => track(...call), tracker);
  if (stub?.c) tracker.setConsent(stub.c).catch((error) => console.error(String(error)));
  for (const [time, [collection, event], settle] of stub?.q ?? []) {
    // The call's own time, unless the caller gave one.
    const keen = { timestamp: new Date(time).toISOString(), ...event?.keen };
    settle(track(collection, event && typeof event === 'object' && !Array.isArray(event) ? { ...event, keen } : event));
  }
}

start(document.currentScript as HTMLElement);
