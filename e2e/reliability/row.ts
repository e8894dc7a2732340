import type { Engine as EngineName } from '../../scripts/browsers.mjs';
import type { Settings } from './engines/engine.ts';
import type { Lab } from './lab.ts';

/** One fault, and what a page does meanwhile: the same code in each engine. */
export interface Row {
  /** Also what `--row` looks for. */
  readonly name: string;
  /** Why an engine cannot run it, found by trying. */
  readonly cannot?: Partial<Record<EngineName, string>>;
  /** What is different in an engine. */
  readonly differs?: Partial<Record<EngineName, string>>;
  /** What happens is the engine's own doing, so `npm test` runs it in each of them; the other rows in Chromium alone. */
  readonly byEngine?: boolean;
  /** A browser of its own, started with these. */
  readonly settings?: Settings;
  /** It has no use for a driven browser, only for visits. */
  readonly undriven?: true;
  /** Tracks, brings the fault about, and expects what is special here. What was lost or counted twice is counted behind it. */
  run(lab: Lab): Promise<void>;
}
