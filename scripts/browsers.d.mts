export type Engine = 'chromium' | 'firefox' | 'webkit';

export interface Browser {
  executablePath: string;
  args: string[];
  /** Playwright's own build. */
  own: boolean;
}

export function findBrowser(engine: Engine): Browser | undefined;
export function provideBrowser(engine: Engine): Browser;
