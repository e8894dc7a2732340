import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Nats, startNats } from '../../../scripts/cluster/nats.mjs';
import { UnavailableError } from '../../../scripts/cluster/packages.mjs';

/** One node of NATS for the tests of a file; the reason, which is said loudly, if it cannot be had here. */
export async function startNode(): Promise<{ nats: Nats; skip: false } | { nats: undefined; skip: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const nats = await startNats({ folder, nodes: 1 });
    after(async () => {
      await nats.stop();
      remove();
    });
    return { nats, skip: false };
  } catch (error) {
    remove();
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TESTS ON NATS ARE SKIPPED: ${error.message}`);
    return { nats: undefined, skip: error.message };
  }
}
