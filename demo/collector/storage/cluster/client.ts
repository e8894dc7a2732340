import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { Statement } from './binding.ts';
import { codeOf } from './errors.ts';

/** How to reach the servers of ClickHouse. */
export interface Access {
  /** Addresses of the HTTP interface, such as `https://clickhouse-1:8443`. */
  urls: string[];
  user?: string | undefined;
  password?: string | undefined;
  /** PEM of the authority that has signed the servers' certificates, if the system does not know it. */
  ca?: Buffer | undefined;
  database?: string | undefined;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  settings?: ClickHouseSettings;
}

/** One or several equal servers. A request goes to the one that answered last; if it is gone, to the next. */
export interface Client {
  /** Yields rows in chunks. */
  read(statement: Statement, options?: ReadOptions): AsyncGenerator<unknown[][]>;
  /** All rows of a small result. */
  readAll(statement: Statement, options?: ReadOptions): Promise<unknown[][]>;
  /** Runs a statement without a result. */
  run(statement: Statement, settings?: ClickHouseSettings): Promise<void>;
  /** Inserts rows, each a list in JSON. Without rows it does nothing. */
  insert(table: string, rows: string[]): Promise<void>;
  close(): Promise<void>;
}

/** The database of all tables, unless the settings name another. */
export const DATABASE = 'mailslot';

const REQUEST_TIMEOUT_MS = 300_000;
const MAX_CONNECTIONS = 100;

/** Opens connections when they are needed. The package of the client is loaded only here, on a cluster. */
export async function openClient({ urls, user, password, ca, database = DATABASE }: Access): Promise<Client> {
  const { createClient } = await import('@clickhouse/client');
  const clients = urls.map((url) =>
    createClient({
      url,
      database,
      ...(user !== undefined && { username: user }),
      ...(password !== undefined && { password }),
      ...(ca && { tls: { ca_cert: ca } }),
      request_timeout: REQUEST_TIMEOUT_MS,
      max_open_connections: MAX_CONNECTIONS,
      use_multipart_params_auto: true,
      log: { level: 127 /* off: errors are thrown, and their log is the caller's */ },
    }),
  );
  let latest = 0;

  /** Tries the servers in turn, as long as none answers. */
  async function any<T>(ask: (client: ClickHouseClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let tries = 1; ; tries++) {
      const index = latest;
      try {
        return await ask(clients[index]!);
      } catch (error) {
        if (codeOf(error) !== undefined || signal?.aborted || tries === clients.length) throw error;
        if (latest === index) latest = (index + 1) % clients.length;
      }
    }
  }

  async function* read({ sql, values }: Statement, { signal, settings = {} }: ReadOptions = {}) {
    // The client notices only what is aborted while it waits.
    signal?.throwIfAborted();
    const result = await any(
      (client) =>
        client.query({
          query: sql,
          query_params: values,
          format: 'JSONCompactEachRow',
          clickhouse_settings: { ...READING, ...settings },
          ...(signal && { abort_signal: signal }),
        }),
      signal,
    );
    const stream = result.stream<unknown[]>();
    try {
      for await (const rows of stream) if (rows.length) yield rows.map((row) => row.json<unknown[]>());
      signal?.throwIfAborted();
    } finally {
      // Closes the connection of a result that is not read to its end, which cancels the query.
      stream.destroy();
    }
  }

  return {
    read,
    async readAll(statement, options) {
      const all: unknown[][] = [];
      for await (const rows of read(statement, options)) all.push(...rows);
      return all;
    },
    run: ({ sql, values }, settings = {}) =>
      any(async (client) => {
        // The end of the query comes before the status, so that an error cannot follow a 200.
        const wait = { wait_end_of_query: 1 } as const;
        await client.command({ query: sql, query_params: values, clickhouse_settings: { ...wait, ...settings } });
      }),
    insert: (table, rows) =>
      rows.length
        ? any(async (client) => {
            const { stream } = await client.exec({
              query: `INSERT INTO ${table} FORMAT JSONCompactEachRow`,
              values: Readable.from([rows.join('\n')], { objectMode: false }),
              clickhouse_settings: WRITING,
            });
            for await (const _ of stream);
          })
        : Promise.resolve(),
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

const READING: ClickHouseSettings = {
  // Whole numbers stay exact below 2 ** 53, and no figure here is larger.
  output_format_json_quote_64bit_integers: 0,
};

const WRITING: ClickHouseSettings = { async_insert: 0, wait_end_of_query: 1 };
