import { statement } from './binding.ts';
import { type Access, DATABASE, openClient } from './client.ts';
import type { Place } from './position.ts';
import type { Replica } from './replicas.ts';

/** A server that does not say within this time what it has is not asked for more. */
const OFFSETS_TIMEOUT_MS = 1_000;

/** @param access to one server */
export async function openReplica(access: Access): Promise<Replica> {
  const client = await openClient(access);
  return {
    url: access.urls[0]!,
    async offsets() {
      const rows = await client.readAll(
        statement(() => 'SELECT part, max(born), argMax(seq, (born, seq)) FROM offsets GROUP BY part'),
        { signal: AbortSignal.timeout(OFFSETS_TIMEOUT_MS) },
      );
      return rows.map(([partition, born, seq]) => ({ partition, born, seq }) as Place);
    },
    close: client.close,
  };
}

/** `host:port` at which the other servers reach this one, from its own configuration. */
export async function addressOf(access: Access): Promise<string> {
  const client = await openClient(access);
  try {
    const [row] = await client.readAll(
      statement(() => `SELECT host_name, port FROM system.clusters WHERE cluster = '${DATABASE}' AND is_local`),
    );
    if (!row) throw new Error(`${access.urls[0]} is not in the cluster "${DATABASE}" of its own configuration.`);
    return row.join(':');
  } finally {
    await client.close();
  }
}

/**
 * Tables over exactly these servers, one of each shard. A `Distributed` table would choose a replica by itself, and
 * could choose one that lags.
 */
export const remoteTables =
  (addresses: string[], { user, password, database = DATABASE, ca }: Access) =>
  (table: string): string => {
    const credentials = user === undefined ? [] : [user, password ?? ''];
    const texts = [addresses.join(), database, table, ...credentials].map(quote);
    return `${ca ? 'remoteSecure' : 'remote'}(${texts.join(', ')})`;
  };

/** A string of ClickHouse. All of these come from the operator's settings and from the server. */
const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
