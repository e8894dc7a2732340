import { declaredProperties } from './declared.ts';
import { listen } from './listen.ts';
import { mask } from './mask.ts';
import { CLICKABLE, safeName, selectorOf } from './selector.ts';
import type { Stop, Target } from './target.ts';

/** A click on something clickable that declares no event; only with `all`. */
export interface ClickEvent {
  /** At most three steps of tag names, ids and classes; generated ones are left out. */
  selector: string;
  /** The attribute `name`, if it can hold nothing private. */
  name?: string;
  /** Position in per cent of the page's width and height. */
  x: number;
  y: number;
}

/** A click on a link to another host. */
export interface OutboundClickEvent {
  host: string;
  /** Origin and path. */
  url: string;
}

/** A click on a link to a file. */
export interface DownloadEvent {
  path: string;
  /** Lower case, without its dot; `''` if the path has none. */
  extension: string;
}

/** For a tracker's event map. Events that HTML declares have collections of your own. */
export interface ClickEvents {
  clicks: ClickEvent;
  outbound_clicks: OutboundClickEvent;
  downloads: DownloadEvent;
}

export interface ClickOptions {
  /** Whether a click on any link, button, label or the like counts, without its text. @default false */
  all?: boolean;
  /** Whether links to other hosts and to files count. @default true */
  links?: boolean;
  /** Extensions of files besides the usual ones, lower case and without a dot. @default none */
  extensions?: readonly string[];
}

const FILE =
  /^(7z|avi|csv|dmg|docx|exe|gz|key|midi|mov|mp[34]|mpeg|pdf|pkg|pp[st]|pptx|rar|rtf|txt|wav|wm[av]|xlsx|zip)$/;

/**
 * Tracks clicks that HTML declares (`data-mailslot="signups" data-mailslot-plan="pro"`; a form's at its submission),
 * links to other hosts as `outbound_clicks`, links to files as `downloads`, and with `all` other clicks as `clicks`. A
 * click is one event, and nothing below `data-mailslot-ignore` is any.
 *
 * @returns stops tracking
 */
export function clicks(tracker: Target, { all, links = true, extensions }: ClickOptions = {}): Stop {
  /** Tracks a link to another host or to a file; whether it is one. */
  const trackLink = (link: any) => {
    // The address of a link in SVG is an object.
    const address = link.href?.baseVal ?? link.href;
    if (!address) return;
    const { protocol, host, origin, pathname } = new URL(address, document.baseURI);
    const [, extension = ''] = /\.(\w+)$/.exec(pathname.toLowerCase()) ?? [];
    if (!/^http/.test(protocol)) return;
    if (link.hasAttribute('download') || FILE.test(extension) || extensions?.includes(extension)) {
      tracker.track('downloads', { path: mask(pathname), extension });
    } else if (host !== location.host) {
      tracker.track('outbound_clicks', { host, url: mask(origin + pathname) });
    } else return;
    return true;
  };

  return listen('click auxclick submit', (event) => {
    const find = (selector: string): HTMLElement | undefined =>
      event.composedPath().find((node: Element) => node.matches?.(selector));
    if (event.button > 1 || find('[data-mailslot-ignore]')) return;
    const isSubmit = event.type === 'submit';
    const declared = find(isSubmit ? 'form[data-mailslot]' : '[data-mailslot]:not(form)');
    const link = links && find('a,area');
    const found: any = all && !event.button && find(`label,${CLICKABLE}`);
    // The click on a label's control follows.
    const clickable = !/^(check|radio)/.test(found?.control?.type) && found;
    if (declared) {
      tracker.track(declared.dataset.mailslot!, { path: mask(location.pathname), ...declaredProperties(declared) });
    } else if (!isSubmit && !(link && trackLink(link)) && clickable) {
      const { scrollWidth, scrollHeight } = document.documentElement;
      tracker.track('clicks', {
        selector: selectorOf(clickable),
        name: safeName(clickable),
        x: Math.round((event.pageX / scrollWidth) * 100),
        y: Math.round((event.pageY / scrollHeight) * 100),
      });
    }
  });
}
