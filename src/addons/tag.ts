import type { Stop } from './target.ts';

/** Options that are lists: `data-hosts="a.example b.example"`. */
const LISTS = /^(query|hosts|exclude|extensions|purposes)$/;

/** What an attribute says: `""` and `true` are true, numbers are numbers, and lists have spaces between their items. */
function toOption(name: string, text: string): unknown {
  if (LISTS.test(name)) return (text.match(/\S+/g) ?? []).map((item) => (name === 'purposes' ? Number(item) : item));
  if (name === 'ignore') return RegExp(text);
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

/** Starts an add-on's file in a page: with the stub at once, else when everything has loaded. */
export function start(addon: string, begin: (tracker: any, options: any) => Stop | object): void {
  const own = document.currentScript?.dataset;
  const main = document.querySelector<HTMLElement>(`script[data-add~="${addon}"]`)?.dataset;
  const page = window as any;
  const name = own?.global ?? main?.global ?? 'mailslot';
  const go = () => {
    const tracker = page[name];
    // The file can be there twice.
    if (!tracker?.track || tracker.addons?.[addon]) return;
    tracker.addons = { ...tracker.addons, [addon]: begin(tracker, readOptions(addon, own, main)) };
  };
  if (page[name]?.track) go();
  else addEventListener('load', go);
}
