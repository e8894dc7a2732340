import type { Key, KeyRange } from './key-range.ts';

/** The parts of a page that the disk uses. */
export interface Client {
  alive: boolean;
  /** Runs something in the page's event loop, if the page still lives. */
  task(ms: number, run: () => void): void;
  /** A page in the back/forward cache is thrown out if it is in the way; true if that happened. */
  evict(): boolean;
}

/** An `IDBRequest`. */
export class Request {
  result: any;
  error: DOMException | null = null;
  transaction: Transaction | null = null;
  onsuccess: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onupgradeneeded: (() => void) | null = null;
  onblocked: (() => void) | null = null;
}

export type Operation =
  | { kind: 'put'; key: Key; value: unknown }
  | { kind: 'delete'; range: KeyRange }
  | { kind: 'getAll' | 'getAllKeys'; range: KeyRange | undefined; limit: number }
  | { kind: 'count'; range: KeyRange | undefined };

/** A change by a transaction. */
export type Change = { kind: 'put'; key: Key; value: unknown } | { kind: 'delete'; range: KeyRange; values: unknown[] };

/** Records in the order of their keys. */
export type Records = [key: Key, value: unknown][];

export interface Connection {
  client: Client;
  database: Database;
  /** The page has been given it. */
  ready: boolean;
  closed: boolean;
  onclose(): void;
  onversionchange(): void;
}

export interface Transaction {
  connection: Connection;
  store: string;
  active: boolean;
  commitCalled: boolean;
  finished: boolean;
  stepping: boolean;
  /** Requests whose result has not reached the page. */
  undone: Set<Request>;
  /** It has read keys until there were none; only a trim that deletes does. */
  isTrim: boolean;
  /** Its own copy of the store; undefined until it starts. */
  work: Records | undefined;
  changes: Change[];
  waiting: { operation: Operation; request: Request }[];
  error: DOMException | null;
  oncomplete(): void;
  onabort(): void;
  onerror(): void;
}

/** A request to open a database; without `connect`, to delete it. */
export interface Opening {
  /** The version that the page asks for; undefined: the present one. */
  version?: number | undefined;
  /** Goes on with an upgrade that waits until all other connections are closed. */
  resume?: (() => void) | undefined;
  client: Client;
  request: Request;
  connect: ((connection: Connection) => unknown) | undefined;
}

export interface Database {
  name: string;
  version: number;
  /** undefined: does not exist. */
  stores: Map<string, Records> | undefined;
  connections: Set<Connection>;
  transactions: Transaction[];
  openings: Opening[];
  busy: boolean;
}

/** Calls that let the rules watch the disk. */
export interface DiskHooks {
  put?(client: Client, value: unknown): void;
  /** A transaction has read these; the client is about to be told. */
  read?(client: Client, values: unknown[]): void;
  /** A transaction has deleted these, and may still abort; the client is about to be told. */
  erased?(client: Client, isTrim: boolean, values: unknown[]): void;
  commitCalled?(client: Client, transaction: Transaction): void;
  committed?(client: Client, isTrim: boolean, changes: Change[]): void;
  deleted?(client: Client | undefined, values: unknown[]): void;
  fault?(name: string): void;
}
