import { readFileSync } from 'node:fs';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { SettingsError } from '../../model/settings-error.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 250;
const PING_INTERVAL_MS = 2_000;
const API_TIMEOUT_MS = 5_000;
/** The bucket with the keys and the layout. */
export const BUCKET = 'mailslot';

export interface NatsOptions {
  /** `host:port` of some or all nodes. */
  servers: string[];
  /** Path of a file with credentials. */
  credentials?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  /** Path of the certificate authority's file. With it, the connection must be encrypted. */
  ca?: string | undefined;
}

export interface Nats {
  connection: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** Opens the bucket of a cluster that has been set up. */
  openBucket(): Promise<KV>;
  /** Resolves with the error that has closed the connection for good; never if `close` has. */
  lost: Promise<Error>;
  /** Sends what waits, then closes the connection. */
  close(): Promise<void>;
  /** Makes the bucket. */
  createBucket(replicas: number): Promise<KV>;
}

/**
 * Connects to any of the nodes and goes on with another one when it is lost.
 * @throws SettingsError if none of them answers, or the packages are not installed
 */
export async function connectNats({ servers, credentials, user, password, ca }: NatsOptions): Promise<Nats> {
  const { connect, credsAuthenticator } = await load(() => import('@nats-io/transport-node'));
  const { jetstream, jetstreamManager } = await load(() => import('@nats-io/jetstream'));
  const { Kvm } = await load(() => import('@nats-io/kv'));
  const connection = await connect({
    servers,
    name: 'mailslot collector',
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    ...(credentials !== undefined && { authenticator: credsAuthenticator(readFileSync(credentials)) }),
    ...(user !== undefined && { user, pass: password ?? '' }),
    ...(ca !== undefined && { tls: { caFile: ca } }),
  }).catch((error: Error) => {
    throw new SettingsError(`No node of NATS_SERVERS can be reached: ${error.message}`);
  });
  const js = jetstream(connection, { timeout: API_TIMEOUT_MS });
  const jsm = await jetstreamManager(connection, { timeout: API_TIMEOUT_MS, checkAPI: false });
  const kvm = new Kvm(js);
  let closing = false;
  const lost = new Promise<Error>((resolve) => {
    void connection.closed().then((error) => {
      if (!closing) resolve(error || new Error('The connection to NATS was closed.'));
    });
  });
  return {
    lost,
    async close() {
      closing = true;
      await connection.drain();
    },
    connection,
    js,
    jsm,
    openBucket: () => kvm.open(BUCKET),
    // Not direct: each read asks the leader, because a follower may not have the newest keys.
    createBucket: (replicas) => kvm.create(BUCKET, { replicas, history: 1, allow_direct: false }),
  };
}

/** The packages of the cluster are no dependencies of a collector with one file. */
async function load<Module>(importModule: () => Promise<Module>): Promise<Module> {
  try {
    return await importModule();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SettingsError('STORAGE=cluster needs the packages @nats-io/transport-node, jetstream and kv.');
  }
}
