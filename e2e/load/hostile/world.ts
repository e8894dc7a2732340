/** The collector as a stranger, or a customer, sees it. */
export interface World {
  /** Origin of the collector: `http://127.0.0.1:8080`. */
  origin: string;
  /** Path of the project's API: `/3.0/projects/ID`. */
  path: string;
  keys: { write: string; read: string; master: string };
  /** An Access Key whose autofill sets `tenant` to `c1`. */
  accessKey: string;
  /** The collection of the honest queries. */
  views: string;
}

/** One request, with everything that can be made before it is sent. */
export interface HostileRequest {
  method: string;
  /** Path and query; below `World.path` unless it begins with `/dashboard`. */
  path: string;
  key?: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** Ends what an attack has begun. */
export type Stop = () => void;

/** What the hostile process counts: answers by status, or the error of a connection. */
export type Count = (answer: string) => void;

export interface Attack {
  /** Short name, for the table and for `--only`. */
  name: string;
  /** Requests, of which each connection sends one after another, again and again. */
  requests?: (world: World) => HostileRequest[];
  /** Connections for `requests`; 4 by default. */
  connections?: number;
  /** An attack of its own kind, instead of `requests`. `source(n)` is an address that the proxy passes on. */
  start?: (world: World, count: Count, source: (n: number) => string) => Stop;
  /** The statuses that all answers must have; any but 5xx, or 503, by default. */
  answers?: number[];
}
