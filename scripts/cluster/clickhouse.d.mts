/** The name of the cluster in the server's configuration. */
export const CLUSTER: 'mailslot';

export interface ClickHouseOptions {
  /** Data, configuration and log of the server. One that was there before is opened again. */
  folder: string;
  /** Ports of the loopback address; two free ones by default. */
  httpPort?: number;
  tcpPort?: number;
  /** The replicas of each shard of the cluster, with their TCP ports; this server alone by default. */
  shards?: { host?: string; port: number }[][];
  /** Limit of the server's memory; 1500 MB by default. */
  memoryMB?: number;
  /** The only one who may use tables, with this password; by default everyone may. Both without special characters. */
  user?: { name: string; password: string };
  /** Added to its niceness; 0 by default. */
  niceness?: number;
}

export interface ClickHouseServer {
  /** The address of the HTTP interface. */
  url: string;
  httpPort: number;
  tcpPort: number;
  pid: number;
  /** Resolves with the exit code, or with the name of the signal that ended the process. */
  exited: Promise<number | string>;
  /** Sends a signal, SIGKILL by default, and resolves once the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts one ClickHouse server on loopback, and resolves once it answers. It ends with this process.
 * @throws UnavailableError if ClickHouse cannot be had here; Error if it does not start
 */
export function startClickHouse(options: ClickHouseOptions): Promise<ClickHouseServer>;
