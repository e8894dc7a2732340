import { randomBytes } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import { dirname } from 'node:path';
import { createServer } from './app.ts';
import { openGeo } from './events/addons/open-geo.ts';
import { identify } from './keys/identify.ts';
import { openKeyring } from './keys/keyring.ts';
import { keysIn, type Settings } from './settings/settings.ts';
import { openDuckDB } from './storage/duckdb/duckdb.ts';
import { addressFor } from './tls/address.ts';
import { selfMadeCertificate } from './tls/self-made-certificate.ts';
import { readTls, renewTls } from './tls/tls.ts';

/** Milliseconds that requests have to finish once the collector was told to stop. */
const GRACE = 10_000;

export interface Places {
  /** The folder with the built dashboard. */
  dashboard: string;
  /** The database file where none was named. */
  data: string;
}

export interface Serving {
  /** The line that says where it listens. */
  ready: { url: string; projectId: string; dashboard: string };
  /** Finishes what runs and resolves once everything is on disk; it may be called again and again. */
  stop(): Promise<void>;
  /** Resolves, with the reason, if it can only be started anew. */
  failed: Promise<Error>;
}

/**
 * Starts the collector and resolves once it listens.
 * @param print gets the keys that were made on a first start
 * @throws SettingsError, or what the system has against the port or the file
 */
export async function serve(settings: Settings, places: Places, print: (line: object) => void): Promise<Serving> {
  const { tlsCert, tlsKey, tlsSelfMade, behindProxy, allowedOrigins, rateByKey, rateByAddress } = settings;
  const data = settings.data ?? places.data;
  const proxied = behindProxy.length > 0;
  // Before anything is opened or made: what is refused here leaves no trace.
  const host = await addressFor(settings.host, Boolean(tlsCert) || tlsSelfMade || proxied);
  const files = tlsSelfMade
    ? await selfMadeCertificate(dirname(data), host)
    : tlsCert && tlsKey
      ? { cert: tlsCert, key: tlsKey }
      : undefined;
  const tls = files && readTls(files);
  const locate = settings.geoipDatabase === undefined ? undefined : await openGeo(settings.geoipDatabase);
  const storage = await openDuckDB(data, Date.now, { seconds: settings.queryTimeout, megabytes: settings.queryMemory });
  const { projectId, made, revoked } = await identify(
    storage,
    { projectId: settings.projectId, keys: keysIn(settings) },
    Date.now(),
  );
  if (Object.keys(made).length) print({ projectId, keys: made });
  for (const of of revoked)
    console.error(JSON.stringify({ warning: `the ${of} key from the environment was revoked, and stays so` }));

  const token = settings.dashboardToken ?? randomBytes(24).toString('base64url');
  const app = await createServer(
    {
      projectId,
      keyring: await openKeyring(storage.keys),
      storage,
      locate,
      now: Date.now,
      log: (line) => process.stderr.write(`${line}\n`),
    },
    { folder: places.dashboard, token, secure: files !== undefined || proxied, hsts: tlsCert !== undefined || proxied },
    { tls, behindProxy, allowedOrigins, rates: { byKey: rateByKey, byAddress: rateByAddress } },
  );
  const url = await app.listen({ port: settings.port, host });
  const stopRenewing = files && renewTls(app.server as HttpsServer, files, (line) => console.error(line));

  async function stop(): Promise<void> {
    // A client that never finishes its request must not keep the collector from stopping.
    const deadline = setTimeout(() => app.server.closeAllConnections(), GRACE);
    stopRenewing?.();
    await app.close();
    await storage.close();
    clearTimeout(deadline);
  }
  let stopping: Promise<void> | undefined;
  return {
    // The operator's own token is known to who set it, and this line ends up in logs.
    ready: { url, projectId, dashboard: `${url}/dashboard/${settings.dashboardToken ? '' : `?token=${token}`}` },
    stop: () => (stopping ??= stop()),
    failed: storage.failed,
  };
}
