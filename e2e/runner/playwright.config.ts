import { availableParallelism } from 'node:os';
import { defineConfig } from 'playwright/test';
import { findBrowser } from '../../scripts/browsers.mjs';

const chromium = findBrowser('chromium');
if (!chromium) throw new Error('no Chromium is installed; `npm test` provides one');

const use = {
  browserName: 'chromium',
  launchOptions: { executablePath: chromium.executablePath, args: chromium.args },
} as const;

export default defineConfig({
  testDir: '..',
  testMatch: '**/*.spec.ts',
  testIgnore: ['**/results/**', '**/node_modules/**'],
  outputDir: '../results/playwright',
  fullyParallel: true,
  // Each test has its own browser page, collector and database.
  workers: Math.min(2, availableParallelism()),
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: '../results/playwright.json' }], ['../reliability/reporter.ts']],
  use: { trace: 'off', video: 'off', screenshot: 'off' },
  projects: [
    // It drives all three engines itself.
    { name: 'reliability', testDir: '../reliability' },
    { name: 'chromium', testDir: '../specs', use },
    // Needs an app that `npm run next-router` builds.
    ...(process.env.MAILSLOT_NEXT ? [{ name: 'next-router', testDir: '../next-router', use }] : []),
  ],
});
