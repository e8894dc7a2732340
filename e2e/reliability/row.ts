import type { Engine as EngineName } from '../../scripts/browsers.mjs';
import type { Settings } from './engines/engine.ts';
import type { Lab } from './lab.ts';

/** One fault and what a page does meanwhile, with the same code for all engines. */
export interface Row {
  /** `--row` searches for it. */
  readonly name: string;
  /** The reason why an engine cannot run it. */
  readonly cannot?: Partial<Record<EngineName, string>>;
  /** A difference in an engine. */
  readonly differs?: Partial<Record<EngineName, string>>;
  /** The result depends on the engine, so `npm test` runs it in all engines; it runs other rows in Chromium only. */
  readonly engineSpecific?: boolean;
  /** Its own browser is started with these settings. */
  readonly settings?: Settings;
  /** The collections of its events. @default visits */
  readonly collections?: readonly string[];
  /** It uses visits instead of a driven browser. */
  readonly undriven?: true;
  /** Its collector is `lab.cluster`. Runs in the whole run only. */
  readonly onCluster?: true;
  /** Tracks, causes the fault, and checks what is special about it. Lost and doubled events are counted afterwards. */
  run(lab: Lab): Promise<void>;
}
