/** What else runs in a page, before mailslot. */
export interface Pollution {
  /** Unique. `-g` searches for it. */
  readonly name: string;
  /** Files of packages, loaded in this order. */
  readonly libraries?: readonly string[];
  /** JavaScript that runs after the libraries. `wrap` is there; see `page/wrap.js`. */
  readonly script?: string;
  /** HTML above the script tag. */
  readonly body?: string;
  /**
   * The reason why the tracker may give up events in such a page. It must still say so, and nothing may escape. Without
   * a reason every event must arrive.
   */
  readonly loses?: string;
  /** The reason why even a stored event may be given up. Each must be reported. */
  readonly givesUp?: string;
  /** The reason why no event can arrive. The tracker keeps them until the visitor denies consent. */
  readonly keeps?: string;
  /** The reason why the tracker may have something to say on the console. */
  readonly warns?: string;
}
