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

export function startNats(options: { binary: string; folder: string; nodes: number }): Promise<Nats>;
/** Free ports on loopback. */
export function freePorts(count: number): Promise<number[]>;
