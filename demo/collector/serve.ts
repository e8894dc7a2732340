import { randomBytes } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import { dirname } from 'node:path';
import { createServer } from './app.ts';
import { claimPort } from './claim-port.ts';
import { openGeo } from './events/addons/open-geo.ts';
import { identify } from './keys/identify.ts';
import { openKeyring } from './keys/keyring.ts';
import { logEntry } from './model/log-entry.ts';
import { keysIn, type Settings } from './settings/settings.ts';
import { openClusterStorage } from './storage/cluster/open.ts';
import { openDuckDB } from './storage/duckdb/duckdb.ts';
import type { Storage } from './storage/storage.ts';
import { listenAddress } from './tls/address.ts';
import { selfMadeCertificate } from './tls/self-made-certificate.ts';
import { readTls, renewTls } from './tls/tls.ts';

/** Requests under way have this long to finish once the collector stops. */
const GRACE_MS = 10_000;

/**
 * Connections that the system holds until they are accepted. A burst of more makes a client wait a second, until it
 * tries again; Node's default is 511.
 */
const BACKLOG = 4096;

export interface Places {
  /** The folder with the built dashboard. */
  dashboard: string;
  /** The database file, unless the settings name another. */
  data: string;
}

export interface Serving {
  /** The collector's addresses. The dashboard's contains the token if it was generated. */
  ready: { url: string; projectId: string; dashboard: string };
  /** Finishes requests under way and resolves once everything is on disk. Can be called repeatedly. */
  stop(): Promise<void>;
  /** Resolves with the reason if only a restart can help. */
  failed: Promise<Error>;
}

/**
 * Starts the collector and resolves once it listens.
 * @param print receives the project's id and the keys that were generated on the first start
 * @throws SettingsError, or the system's error for the port or the file
 */
export async function serve(settings: Settings, places: Places, print: (line: object) => void): Promise<Serving> {
  const { tlsCert, tlsKey, tlsSelfMade, behindProxy, allowedOrigins } = settings;
  const data = settings.data ?? places.data;
  const proxied = behindProxy.length > 0;
  // Check the address before opening or creating any file, so that an error leaves none behind.
  const host = await listenAddress(settings.host, Boolean(tlsCert) || tlsSelfMade || proxied);
  const releasePort = await claimPort(settings.port, host);
  const files = tlsSelfMade
    ? await selfMadeCertificate(dirname(data), host)
    : tlsCert && tlsKey
      ? { cert: tlsCert, key: tlsKey }
      : undefined;
  const tls = files && readTls(files);
  const locate = settings.geoipDatabase === undefined ? undefined : await openGeo(settings.geoipDatabase);
  const storage = await openStorage(settings, data);
  const { projectId, made, revoked } = await identify(
    storage,
    { projectId: settings.projectId, keys: keysIn(settings) },
    Date.now(),
  );
  if (Object.keys(made).length) print({ projectId, keys: made });
  for (const of of revoked)
    console.error(logEntry({ warning: `the ${of} key from the environment was revoked, and stays revoked` }));

  const token = settings.dashboardToken ?? randomBytes(24).toString('base64url');
  const app = await createServer(
    {
      projectId,
      keyring: await openKeyring(storage.keys),
      storage,
      locate,
      redirectOrigins: settings.redirectOrigins,
      now: Date.now,
      log: (line) => process.stderr.write(`${line}\n`),
    },
    { folder: places.dashboard, token, secure: files !== undefined || proxied, hsts: tlsCert !== undefined || proxied },
    { tls, behindProxy, allowedOrigins, ...limitsOf(settings) },
  );
  await releasePort();
  const url = await app.listen({ port: settings.port, host, backlog: BACKLOG });
  const stopRenewing = files && renewTls(app.server as HttpsServer, files, (line) => console.error(line));

  async function stop(): Promise<void> {
    // A request that never ends must not keep the collector running.
    const deadline = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
    stopRenewing?.();
    await app.close();
    await storage.close();
    clearTimeout(deadline);
  }
  let stopping: Promise<void> | undefined;
  return {
    // Without a token that the operator has set: this line ends up in logs.
    ready: { url, projectId, dashboard: `${url}/dashboard/${settings.dashboardToken ? '' : `?token=${token}`}` },
    stop: () => (stopping ??= stop()),
    failed: storage.failed,
  };
}

/** The engine of the settings: one file, or a cluster. */
function openStorage(settings: Settings, data: string): Promise<Storage> {
  const limits = { seconds: settings.queryTimeout, megabytes: settings.queryMemory };
  if (settings.storage === 'duckdb') return openDuckDB(data, Date.now, limits);
  const onTrouble = ({ message }: Error) => console.error(logEntry({ warning: `cluster: ${message}` }));
  return openClusterStorage(settings, { now: Date.now, limits, onTrouble });
}

const limitsOf = ({ rateByKey, rateByAddress, byteRateByKey, byteRateByAddress, connectionsByAddress }: Settings) => ({
  rates: { byKey: rateByKey, byAddress: rateByAddress },
  byteRates: { byKey: byteRateByKey, byAddress: byteRateByAddress },
  connectionsByAddress,
});
