export type Engine = 'chromium';

export interface Browser {
  executablePath: string;
  args: string[];
}

export function findBrowser(engine: Engine): Browser | undefined;
export function provideBrowser(engine: Engine): Browser;
