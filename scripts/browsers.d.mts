export type Engine = 'chromium' | 'firefox' | 'webkit';

/** An installed browser. */
export interface Browser {
  executablePath: string;
  /** Arguments for every start. */
  args: string[];
  /** It is Playwright's build. */
  own: boolean;
}

/** Finds an engine without installing anything; undefined if none runs. */
export function findBrowser(engine: Engine): Browser | undefined;
/**
 * Finds an engine, or installs it.
 * @throws Error with instructions, if it cannot be installed
 */
export function provideBrowser(engine: Engine): Browser;
