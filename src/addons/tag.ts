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

/** Starts an add-on for the global of this name: now if it is there (the stub is enough), else once it has loaded. */
function startWith(name: string, addon: string, begin: (tracker: any) => Stop | object): void {
  const page = window as any;
  const go = guarded(() => {
    const tracker = page[name];
    if (!tracker?.track) return;
    for (const stop of stops) stop();
    // The file can be there twice.
    if (!tracker.addons?.[addon]) tracker.addons = { ...tracker.addons, [addon]: begin(tracker) };
  });
  // Scripts that are added later have a `load` event that only the document can see.
  const stops = [listen('load', go, document), listen('load', go)];
  go();
}

/**
 * Starts an add-on's file in a page. As a script it starts for the global that its tag names; as a module, which
 * mailslot.js imports, for each tag that lists the add-on.
 */
export function start(addon: string, begin: (tracker: any, options: any) => Stop | object): void {
  // Elements with a name can take the place of the document's properties, and are no scripts.
  const { currentScript } = document;
  const own = currentScript instanceof HTMLScriptElement ? currentScript.dataset : undefined;
  const found = Document.prototype.querySelectorAll.call(document, 'script[data-add]') as NodeListOf<HTMLElement>;
  const isListed = RegExp(`\\b${addon}\\b`);
  const tags = Array.from(found, ({ dataset }) => dataset).filter(({ add }) => isListed.test(add!));
  const run = (global = 'mailslot', main?: DOMStringMap) =>
    startWith(global, addon, (tracker) => begin(tracker, readOptions(addon, own, main)));
  if (own) {
    const global = own.global ?? tags[0]?.global;
    run(
      global,
      tags.find((tag) => tag.global === global),
    );
  } else if (tags[0]) for (const tag of tags) run(tag.global, tag);
  // The tag has left the page.
  else run();
}
