export type Kind = 'nats' | 'clickhouse' | 'loader' | 'collector';

/** One process of a cluster, which can be killed and started again with the same files and ports. */
export interface Part {
  kind: Kind;
  name: string;
  /** From 0, of a ClickHouse server and of its loader. */
  shard?: number;
  readonly pid: number | undefined;
  /** The address of a collector, or of ClickHouse's HTTP interface. */
  readonly url: string | undefined;
  /** Starts it, and resolves once it is ready. */
  start(): Promise<void>;
  /** Sends the signal, SIGKILL by default, and resolves once the process has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface Cluster {
  parts: Part[];
  /** Empty without a collector, if the cluster was set up before. */
  projectId: string;
  /** The addresses of the collectors. */
  urls: string[];
  /** The settings of each collector and loader. */
  settings: Record<string, string>;
  /** The keys that were generated. */
  keys: { write?: string; read?: string; master?: string };
  /** The addresses of the dashboards. */
  dashboards: string[];
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Gets a folder for each server, and their logs. */
  folder: string;
  /** Nodes of NATS; 3 by default. */
  nodes?: number;
  /** Shards of ClickHouse; 2 by default. */
  shards?: number;
  /** Replicas of each shard, each with a loader; 2 by default. */
  replicas?: number;
  /** Of the log; 6 by default. */
  partitions?: number;
  /** 2 by default. */
  collectors?: number;
  /** Further settings of the collectors. */
  env?: Record<string, string>;
  /** Ports of the collectors; free ones by default. */
  ports?: number[];
  /** Limit of each ClickHouse server; 1000 MB by default. */
  memoryMB?: number;
  /** Added to the niceness of ClickHouse and the loaders, so that recording goes first; 0 by default. */
  storeNiceness?: number;
}

/**
 * Starts a cluster of the built collector on loopback, and resolves once it can record and answer.
 * @throws UnavailableError if its programs cannot be had here; Error if a part does not start
 */
export function startCluster(options?: ClusterOptions): Promise<Cluster>;
/** Resident memory of a process, in megabytes. */
export function memoryOf(pid: number): number;
/** Processor time of a process since its start, in milliseconds, as Linux counts it. */
export function processorTimeOf(pid: number): number;
