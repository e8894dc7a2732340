// Writes the result of a measurement of the scanner into its part of e2e/SCANNER.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/install.mjs';

const REPORT = join(root, 'e2e/SCANNER.md');

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

/** The scanner of `src/tools/`, without known keys: these could only add findings of keys that are there. */
export async function loadScanner() {
  const { bundle } = await import('../runner/unit.mjs');
  const { createScanner } = await import(pathToFileURL(await bundle('src/tools/scanner/scanner.ts')).href);
  return createScanner();
}
