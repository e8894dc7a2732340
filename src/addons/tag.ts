import { guarded, listen } from './listen.ts';
import type { Stop } from './target.ts';

/** Options that are lists: `data-hosts="a.example b.example"`. */
const LISTS = /^(query|hosts|exclude|extensions|purposes)$/;

/** What an attribute says: `""` and `true` are true, numbers are numbers, and lists have spaces between their items. */
function toOption(name: string, text: string): unknown {
  if (LISTS.test(name)) return (text.match(/\S+/g) ?? []).map((item) => (name === 'purposes' ? Number(item) : item));
  if (name === 'ignore') return RegExp(text);
  // A version is a text, even if it has only digits.
  if (name === 'version') return text;
  if (text === '' || text === 'true') return true;
  return text === 'false' ? false : /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * The options of an add-on's own script tag (`data-hash`), and those of the tag of mailslot.js that lists the add-on
 * (`data-add="views clicks"` and `data-views-hash`).
 */
export function readOptions(addon: string, own: DOMStringMap = {}, main: DOMStringMap = {}): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const prefix = RegExp(`^${addon}([A-Z])`);
  for (const [name, value] of Object.entries(main)) {
    if (!prefix.test(name)) continue;
    const option = name.replace(prefix, (_, letter) => letter.toLowerCase());
    options[option] = toOption(option, value!);
  }
  for (const [name, value] of Object.entries(own)) options[name] = toOption(name, value!);
  return options;
}

/**
 * Starts an add-on's file in a page: now if the global is there (the stub is enough), else once it has loaded. As a
 * script it starts for the global that its tag names; as a module, which mailslot.js imports, for each tag that lists
 * the add-on.
 */
export function start(addon: string, begin: (tracker: any, options: any) => Stop | object): void {
  // Elements with a name can take the place of the document's properties, and are no scripts.
  const { currentScript } = document;
  const own = currentScript instanceof HTMLScriptElement ? currentScript.dataset : undefined;
  const isListed = RegExp(`\\b${addon}\\b`);

  /** Starts the add-on for a global; whether it has started. */
  const startFor = (name = 'mailslot', main?: DOMStringMap) => {
    const tracker = (window as any)[name];
    if (!tracker?.track) return false;
    // The file can be there twice.
    if (!tracker.addons?.[addon]) {
      tracker.addons = { ...tracker.addons, [addon]: begin(tracker, readOptions(addon, own, main)) };
    }
    return true;
  };

  const go = guarded(() => {
    const found = Document.prototype.querySelectorAll.call(document, 'script[data-add]') as NodeListOf<HTMLElement>;
    const tags = Array.from(found, ({ dataset }) => dataset).filter(({ add }) => isListed.test(add!));
    // The tag of mailslot.js, which can have options for the add-on, can be below the add-on's own.
    if (own && !tags[0] && document.readyState === 'loading') return;
    const global = own && (own.global ?? tags[0]?.global);
    // The tag can also have left the page.
    const mains = own ? [tags.find((tag) => tag.global === global)] : tags[0] ? tags : [undefined];
    const started = mains.map((main) => startFor(own ? global : main?.global, main));
    if (started.every(Boolean)) for (const stop of stops) stop();
  });
  // Scripts that are added later have a `load` event that only the document can see.
  const stops = [listen('load readystatechange', go, document), listen('load', go)];
  go();
}
