import { join } from 'node:path';
import { createServer } from '../../demo/collector/app.ts';
import type { ServerOptions } from '../../demo/collector/http/options.ts';
import { identify } from '../../demo/collector/keys/identify.ts';
import { openKeyring } from '../../demo/collector/keys/keyring.ts';
import { openDuckDB } from '../../demo/collector/storage/duckdb/duckdb.ts';
import type { Storage } from '../../demo/collector/storage/storage.ts';
import { type Route, watchRoutes } from '../../demo/collector/testing/routes.ts';
import { PROJECT } from '../../demo/collector/testing/server.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';
import { FOREIGN_KEYS, type Keys, OPERATOR_KEYS } from './keys.ts';

export interface FuzzedCollector {
  url: string;
  /** As given to `startFuzzed`. */
  variant: number;
  storage: Storage;
  keys: Keys;
  /** Ids of three keys that requests may change or delete; they are made again by `renew`. */
  spareIds: string[];
  renewSpareKeys(): Promise<void>;
  /** The lines of the request log since the last call. */
  takeLog(): string[];
  routes: Route[];
  /** The session's cookie of the dashboard. */
  cookie: string;
  /** The folder of the database. */
  folder: string;
  /** Closes the server and the database, as its process would. */
  close(): Promise<void>;
  /** Closes, and removes the folder. */
  stop(): Promise<void>;
}

const TOKEN = 'dashboard-token-that-nobody-guesses-0123456789';
/** With a proxy, addresses can be anything; with lists of origins, more is refused. */
const OPTIONS: Partial<ServerOptions>[] = [
  { behindProxy: ['127.0.0.1'] },
  { allowedOrigins: ['https://shop.example', 'https://*.shop.example'] },
];
const WRITES = {
  permitted: ['writes'],
  options: { writes: { autofill: { tenant: 'c1', user: { plan: '${keen.ip}' } } } },
};
const FORCED = { queries: { filters: [{ property_name: 'n', operator: 'ne', property_value: 'nothing' }] } };
/** Everything that the collector makes at the start. */
const MADE = {
  madeWrite: { class: 'write' },
  madeMaster: { class: 'master' },
  accessWrites: { name: 'w', ...WRITES },
  accessQueries: { name: 'q', permitted: ['queries'], options: FORCED },
  accessSchema: { name: 's', permitted: ['schema'] },
  accessAll: { name: 'a', permitted: ['writes', 'queries', 'schema'], options: { ...WRITES.options, ...FORCED } },
  accessPlain: { name: 'p', permitted: ['writes'], labelled: false },
  accessRevoked: { name: 'r', permitted: ['writes'], is_active: false },
};

/** The place of every address, for the add-on that looks it up. */
const PLACE = { city: 'Boxford', country: 'United Kingdom', coordinates: [-1.25, 51.75] as [number, number] };

/** Starts a collector in this process, on a new file. @param variant which of its options it has */
export async function startFuzzed(variant: number): Promise<FuzzedCollector> {
  const folder = temporaryFolder();
  const storage = await openDuckDB(join(folder.path, 'events.duckdb'), Date.now);
  await identify(storage, { projectId: PROJECT, keys: OPERATOR_KEYS }, Date.now());
  const log: string[] = [];
  const context = {
    projectId: PROJECT,
    keyring: await openKeyring(storage.keys),
    storage,
    locate: () => PLACE,
    redirectOrigins: variant % 2 ? ['https://shop.example'] : [],
    now: Date.now,
    log: (line: string) => void log.push(line),
  };
  const dashboard = { folder: join(root, 'demo/dist/dashboard'), token: TOKEN, secure: false, hsts: false };
  const { result: app, routes } = await watchRoutes(async () =>
    createServer(context, dashboard, OPTIONS[variant % OPTIONS.length]),
  );
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const make = async (body: object) => {
    const response = await fetch(`${url}/3.0/projects/${PROJECT}/keys`, {
      method: 'POST',
      headers: { authorization: OPERATOR_KEYS.master, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as { id: string; key: string };
  };
  const made: Record<string, string> = {};
  for (const [name, body] of Object.entries(MADE)) made[name] = (await make(body)).key;
  const entered = await fetch(`${url}/dashboard/?token=${TOKEN}`, { redirect: 'manual' });
  const spareIds: string[] = [];
  const closeAll = async () => {
    await app.close();
    await storage.close();
  };
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll());

  return {
    url,
    variant,
    storage,
    keys: { ...OPERATOR_KEYS, ...FOREIGN_KEYS, ...made } as Keys,
    spareIds,
    async renewSpareKeys() {
      for (let index = 0; index < 3; index++)
        spareIds[index] = (await make({ name: 'spare', permitted: ['writes', 'queries'] })).id;
    },
    takeLog: () => log.splice(0),
    routes,
    cookie: entered.headers.get('set-cookie')!.split(';')[0]!,
    folder: folder.path,
    close,
    async stop() {
      await close();
      folder.remove();
    },
  };
}
