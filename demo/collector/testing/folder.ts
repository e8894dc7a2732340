import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder that is deleted when the test ends, after all `after` hooks that the test adds later. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-collector-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
