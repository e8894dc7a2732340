/** An event that an add-on made. */
export interface MadeEvent {
  id: number;
  collection: string;
  /** Milliseconds since 1970. */
  at: number;
  /** JSON text of its properties. */
  json: string;
}

/** The add-ons' events of this tab. They are kept in sessionStorage, because each page of the website is a new load. */
export interface MadeLog {
  /** Newest first, at most 20. */
  readonly events: readonly MadeEvent[];
  /** How many there were so far. */
  readonly count: number;
  add(collection: string, event: object): void;
}

const MAX_EVENTS = 20;
const STORAGE_KEY = 'demo.made-log';

export function openMadeLog(): MadeLog {
  const text = sessionStorage.getItem(STORAGE_KEY);
  const log: { events: MadeEvent[]; count: number } = text ? JSON.parse(text) : { events: [], count: 0 };
  return {
    get events() {
      return log.events;
    },
    get count() {
      return log.count;
    },
    add(collection, event) {
      const made = { id: ++log.count, collection, at: Date.now(), json: JSON.stringify(event) };
      log.events = [made, ...log.events].slice(0, MAX_EVENTS);
      // At once, because an add-on's last events are made while the page closes.
      sessionStorage.setItem(STORAGE_KEY, JSON.stringify(log));
    },
  };
}
