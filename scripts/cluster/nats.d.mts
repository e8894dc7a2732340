/** One nats-server process on loopback. */
export interface NatsNode {
  index: number;
  name: string;
  /** `host:port` of its clients. */
  server: string;
  readonly pid: number;
  /** Starts it again after `end`. */
  start(): void;
  /** Waits until the node is healthy. */
  ready(): Promise<void>;
  /** Sends the signal, SIGKILL by default, and resolves once the process has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface Nats {
  nodes: NatsNode[];
  servers: string[];
  stop(): Promise<void>;
}

/**
 * Starts nodes on loopback, as one JetStream cluster, and resolves once all are healthy. They end with this process.
 * @param options `folder` gets a folder for each node; without `nodes` of 3 or more, streams have no replicas; `config` is
 *   added to the configuration of each
 * @throws UnavailableError if nats-server cannot be had here; Error if a node does not start
 */
export function startNats(options: { folder: string; nodes: number; config?: string }): Promise<Nats>;
