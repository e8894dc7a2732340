import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserType } from 'playwright';
import { CommandError } from '../cli/command.ts';

const PACKAGES = ['playwright', 'playwright-core', '@playwright/test'];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

export interface BrowserOptions {
  /** Path of a Chromium; found if it is undefined. */
  executable: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * Starts Chromium as a visitor's: with its back/forward cache, which Playwright turns off.
 *
 * @throws CommandError if playwright or a browser is missing
 */
export async function startBrowser({ executable, env, cwd }: BrowserOptions): Promise<Browser> {
  const chromium = await loadChromium(cwd);
  const executablePath = executable ?? env.MAILSLOT_CHROMIUM ?? findExecutable(chromium, env);
  if (!executablePath || !existsSync(executablePath)) {
    throw new CommandError(
      'There is no Chromium. Run npx playwright install chromium, or name one with --browser /path/to/chromium.',
    );
  }
  return chromium.launch({
    executablePath,
    // Chromium's sandbox does not start as root, as in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** Playwright as the project has it, or as it lies beside this package. */
async function loadChromium(cwd: string): Promise<BrowserType> {
  const requires = [createRequire(join(cwd, 'package.json')), createRequire(import.meta.url)];
  for (const name of PACKAGES) {
    for (const { resolve } of requires) {
      let path: string;
      try {
        path = resolve(name);
      } catch {
        // It is not installed there.
        continue;
      }
      const loaded = await import(pathToFileURL(path).href);
      return loaded.chromium ?? loaded.default.chromium;
    }
  }
  throw new CommandError(
    'The doctor opens the page in a real browser, and playwright is missing. Run npm install -D playwright && npx playwright install chromium.',
  );
}

function findExecutable(chromium: BrowserType, env: BrowserOptions['env']): string | undefined {
  const onPath = (env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [chromium.executablePath(), ...onPath].find((path) => existsSync(path));
}
