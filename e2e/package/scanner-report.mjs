// Writes the result of a measurement of the scanner into its part of e2e/SCANNER.md.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { root } from '../../scripts/install.mjs';

const REPORT = join(root, 'e2e/SCANNER.md');

/**
 * Divides items among threads that each run the module at `url`, which gets its share as `workerData.items` and posts a
 * message for each result.
 *
 * @returns all messages, in the order of their arrival
 */
export async function inThreads(url, items, jobs, data = {}) {
  const messages = [];
  const shares = Array.from({ length: jobs }, (_, job) => items.filter((_item, index) => index % jobs === job));
  await Promise.all(
    shares.map(async (share) => {
      const worker = new Worker(new URL(url), { workerData: { ...data, items: share } });
      worker.on('message', (message) => messages.push(message));
      // An error of the thread rejects.
      const [code] = await once(worker, 'exit');
      if (code !== 0) throw new Error(`a thread ended with code ${code}`);
    }),
  );
  return messages;
}

/** Replaces the lines between `<!-- part -->` and `<!-- /part -->`. */
export function publish(part, lines) {
  const text = readFileSync(REPORT, 'utf8');
  const pattern = new RegExp(`(<!-- ${part} -->\n)[^]*?(<!-- /${part} -->)`);
  if (!pattern.test(text)) throw new Error(`e2e/SCANNER.md has no part ${part}`);
  writeFileSync(
    REPORT,
    text.replace(pattern, (_, start, end) => `${start}\n${lines.join('\n')}\n\n${end}`),
  );
}

/** Bundles the scanner of `src/tools/`; the URL of the module. */
export async function bundleScanner() {
  const { bundle } = await import('../runner/unit.mjs');
  return pathToFileURL(await bundle('src/tools/scanner/scanner.ts')).href;
}

/** The scanner without known keys: these could only add findings of keys that are there. */
export async function loadScanner(url) {
  const { createScanner } = await import(url ?? (await bundleScanner()));
  return createScanner();
}
