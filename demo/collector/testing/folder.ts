import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const folders = new Set<string>();
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * A folder that is deleted when the process of the test file ends. Node 20 runs the hooks of a test in the order in which
 * they were added, so a hook here would delete the folder before its database is closed.
 */
export function temporaryFolder(_t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-collector-'));
  folders.add(folder);
  return folder;
}
