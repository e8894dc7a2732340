import { guarded, listen } from './listen.ts';
import { resumable } from './resumable.ts';
import { CLICKABLE, selectorOf } from './selector.ts';
import type { Stop, Target } from './target.ts';

/** Clicks that did not do what a visitor expected. */
export interface FrustrationEvent {
  /** `rage`: many quick clicks; `dead`: clicks without any effect; `error`: an error followed the click. */
  kind: 'rage' | 'dead' | 'error';
  /** At most three steps of tag names, ids and classes. */
  selector: string;
  /** The number of clicks. */
  count: number;
  /** From the first click to the last; for `error`, to the error. */
  ms: number;
}

/** For a tracker's event map. */
export interface FrustrationEvents {
  frustrations: FrustrationEvent;
}

interface Click {
  _on: Element;
  _time: number;
  _x: number;
  _y: number;
  _scroll: number;
}

/** Rage: three clicks within a second and 50 pixels. */
const RAGE_COUNT = 3;
const RAGE_MS = 1000;
const RAGE_PX = 50;
/** A click without effect in this time is dead; an error in this time is the click's. */
const EFFECT_MS = 2000;
/** Signs of life besides changes of the document. All pass the window on their way down. */
const ALIVE =
  'scrollend change input submit select toggle invalid copy fullscreenchange popstate hashchange visibilitychange blur';
/** Many clicks are meant here. */
const REPEATED =
  '[data-mailslot-repeat],[data-mailslot-ignore],textarea,select,input:not([type=button],[type=submit],[type=checkbox],[type=radio]),[contenteditable]';
/** The tracker's own requests are no effect of a click. */
const OWN_REQUEST = /\/projects\/[^/]+\/events$/;

/** Whether text is selected; whoever does that clicks quickly too. */
const isSelecting = () => !getSelection()!.isCollapsed;

/** Whether the browser shows an effect since a time: an animation that runs, a request, a selection. */
const hasEffect = (since: number) =>
  isSelecting() ||
  document.getAnimations().some(({ startTime }) => Number(startTime) >= since) ||
  performance.getEntriesByType('resource').some(({ startTime, name }) => startTime >= since && !OWN_REQUEST.test(name));

/**
 * Tracks rage clicks (once, after the last), dead clicks (from the second one on an element in a view) and clicks that an
 * error follows, all as `frustrations`. Below `data-mailslot-repeat` many clicks are meant, as on a stepper.
 *
 * @returns stops tracking
 */
export const frustration: (tracker: Target) => Stop = resumable(() => {
  let burst: Click[] = [];
  let burstTimer: ReturnType<typeof setTimeout>;
  /** Clicks whose effect is awaited, with their timers. */
  const pending = new Map<Click, ReturnType<typeof setTimeout>>();
  /** Dead clicks of the view. */
  const dead = new Map<Element, Click[]>();
  /** The last click, until an error has followed it. */
  let last: Click | undefined;
  return (tracker) => {
    const track = (kind: FrustrationEvent['kind'], { _on, _time }: Click, count: number, end: number) =>
      tracker.track('frustrations', { kind, selector: selectorOf(_on), count, ms: Math.round(end - _time) });

    const endBurst = guarded(() => {
      clearTimeout(burstTimer);
      const [first] = burst;
      if (first && burst.length >= RAGE_COUNT && !isSelecting())
        track('rage', first, burst.length, burst.at(-1)!._time);
      burst = [];
    });

    const addToBurst = (click: Click) => {
      const isNear = ({ _on, _time, _x, _y }: Click) =>
        _on === click._on &&
        click._time - _time < RAGE_MS &&
        Math.max(Math.abs(click._x - _x), Math.abs(click._y - _y)) < RAGE_PX;
      while (burst.length && !isNear(burst.at(1 - RAGE_COUNT) ?? burst[0]!)) {
        if (burst.length < RAGE_COUNT) burst.shift();
        else endBurst();
      }
      burst.push(click);
      clearTimeout(burstTimer);
      burstTimer = setTimeout(endBurst, RAGE_MS);
    };

    /** Something happened, so no click is dead. */
    const revive = () => {
      if (!pending.size) return;
      mutations.disconnect();
      pending.forEach(clearTimeout);
      pending.clear();
    };
    const mutations = new MutationObserver(revive);

    const judge = guarded((click: Click) => {
      pending.delete(click);
      if (!pending.size) mutations.disconnect();
      if (scrollY !== click._scroll || hasEffect(click._time)) return;
      const clicks = dead.get(click._on) ?? [];
      dead.set(click._on, clicks);
      clicks.push(click);
      if (clicks.length > 1) track('dead', clicks[0]!, clicks.length, click._time);
    });

    const onClick = (event: MouseEvent) => {
      const path = event.composedPath() as Element[];
      const find = (selector: string) => path.find((node) => node.matches?.(selector));
      if (find(REPEATED)) return;
      const clickable = find(CLICKABLE);
      const _on = clickable ?? path[0]!;
      last = { _on, _time: performance.now(), _x: event.clientX, _y: event.clientY, _scroll: scrollY };
      addToBurst(last);
      const isMeant = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || (find('a,area') as any)?.href;
      if (isMeant || !(clickable || getComputedStyle(_on).cursor === 'pointer')) return;
      // A shadow root is not part of its document's tree.
      for (const root of path) {
        if (root instanceof Document || root instanceof ShadowRoot) {
          mutations.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
        }
      }
      pending.set(last, setTimeout(judge, EFFECT_MS, last));
    };

    const end = () => {
      endBurst();
      revive();
    };

    const stop = listen(`click error unhandledrejection pagehide mailslot:leave ${ALIVE}`, (event) => {
      const { type, target } = event;
      if (type === 'click') onClick(event);
      else if (/^(error|unh)/.test(type)) {
        const now = performance.now();
        if (!last || target instanceof Element || now - last._time > EFFECT_MS) return;
        track('error', last, 1, now);
        last = undefined;
      } else if (/hide|leave/.test(type)) {
        end();
        dead.clear();
        last = undefined;
      } else if (type !== 'blur' || target === window) revive();
    });
    return () => {
      stop();
      end();
    };
  };
});
