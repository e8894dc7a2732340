// Starts the collector. stdout carries at most two lines of JSON: the keys made on first start, and the addresses once
// it listens. Everything else goes to stderr.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identify } from './keys/identify.ts';
import { createServer } from './http/server.ts';
import { readSettings, SettingsError } from './settings.ts';
import { openDuckDB } from './storage/duckdb.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Milliseconds that requests have to finish once the collector was told to stop. */
const GRACE = 10_000;

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function start(): Promise<void> {
  const settings = readSettings(process.env, join(here, '../data/collector.duckdb'));
  const storage = await openDuckDB(settings.data);
  const { projectId, hashes, made } = await identify(storage, settings);
  if (Object.keys(made).length) print({ projectId, keys: made });

  const token = randomBytes(24).toString('base64url');
  const app = await createServer(
    { projectId, hashes, storage, now: Date.now, log: (line) => process.stderr.write(`${line}\n`) },
    { folder: join(here, 'dashboard'), token },
  );
  const url = await app.listen({ port: settings.port, host: settings.host });

  const stop = async () => {
    // A client that never finishes its request must not keep the collector from stopping.
    const deadline = setTimeout(() => app.server.closeAllConnections(), GRACE);
    await app.close();
    await storage.close();
    clearTimeout(deadline);
  };
  let stopping: Promise<void> | undefined;
  // `on` and a memory, not `once`: a terminal's Ctrl-C arrives here directly and again through whoever started us.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (stopping ??= stop().then(() => process.exit(0), fail)));
  }
  // Last: whoever reads it may send a signal at once.
  print({ url, projectId, dashboard: `${url}/dashboard/?token=${token}` });
}

function fail(error: unknown): never {
  // What someone at a terminal can mend is a sentence; where it came from helps only with our own mistakes.
  const expected = error instanceof SettingsError || (error as NodeJS.ErrnoException).syscall || /^(IO|Connection) Error/.test((error as Error).message);
  console.error('mailslot collector:', expected ? (error as Error).message : error);
  process.exit(1);
}

start().catch(fail);
