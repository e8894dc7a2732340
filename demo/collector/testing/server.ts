import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer } from '../app.ts';
import type { Context } from '../http/context.ts';
import type { DashboardOptions } from '../http/dashboard-routes.ts';
import type { ServerOptions } from '../http/options.ts';
import { identify } from '../keys/identify.ts';
import { openKeyring } from '../keys/keyring.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Storage } from '../storage/storage.ts';
import { duckdb, type Engine } from './engines.ts';

export const PROJECT = '5ca1ab1e0ff1ce0ca5e1ab1e';
export const KEYS = { write: 'write_0f3c0f3c0f3c', read: 'read_77aa77aa77aa', master: 'master_51d051d051d0' };
export const TOKEN = 'a-token-for-the-dashboard';

export interface TestServer {
  url: string;
  storage: Storage;
  /** The lines of the request log so far. */
  log: string[];
  /** Sends a request to the project's API, with the key in a Bearer header. With a body it is a POST of JSON. */
  ask(path: string, key?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Waits until the refusals are stored. @returns them, oldest first, repeated ones repeatedly */
  refusals(): Promise<Refusal[]>;
  /** Closes the server as its process would. Also runs when the test ends. */
  stop(): Promise<void>;
}

/** Starts the real server over a real database, in this process, on a free port. Tests can replace parts of it. */
export async function startServer(
  t: TestContext,
  overrides: Partial<Context> = {},
  options: Partial<ServerOptions> = {},
  dashboard: Partial<DashboardOptions> = {},
  engine: Engine = duckdb,
): Promise<TestServer> {
  const now = overrides.now ?? Date.now;
  const storage = await engine.open(now, engine.newPlace(t));
  await identify(storage, { projectId: PROJECT, keys: KEYS }, now());
  const log: string[] = [];
  const app = await createServer(
    {
      projectId: PROJECT,
      keyring: await openKeyring(storage.keys),
      storage,
      locate: undefined,
      now,
      log: (line) => log.push(line),
      ...overrides,
    },
    {
      folder: join(process.cwd(), 'demo/dist/dashboard'),
      token: TOKEN,
      secure: Boolean(options.tls),
      hsts: false,
      ...dashboard,
    },
    options,
  );
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const close = async () => {
    await app.close();
    await storage.close();
  };
  let closing: Promise<void> | undefined;
  const stop = () => (closing ??= close());
  t.after(stop);

  return {
    url,
    storage,
    log,
    stop,
    ask: (path, key, body, headers = {}) =>
      fetch(`${url}/3.0/projects/${PROJECT}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && {
          body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
        }),
      }),
    refusals: async () =>
      (await storage.refusals.report(1000)).newest
        .reverse()
        .flatMap((refusal) => Array.from({ length: refusal.times }, () => refusal)),
  };
}
