import { createHash, randomBytes } from 'node:crypto';
import { type DuckDBConnection, LIST, listValue, UBIGINT } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import type { Selection } from '../../model/query.ts';
import { statement } from './binding.ts';
import { createFingerprintSet } from './fingerprints.ts';
import { toTimestamp } from './time.ts';
import { where } from './where.ts';

/** How long a removed event stays away: as long as a stored one makes its repeat stay away. */
const RETENTION_MS = 31 * DAY_MS;

/**
 * Tokens of removed events, so that an event that its client sends again does not come back. Only a keyed hash of a
 * token is stored: 64 bits of SHA-256 over a secret, the collection and the token.
 */
export interface ErasedTokens {
  /** Whether no event was removed in the last 31 days. */
  isEmpty(): boolean;
  /** The hash of a token. */
  hashOf(collection: string, token: string): bigint;
  /** Those of the hashes that belong to removed events. */
  find(connection: DuckDBConnection, hashes: bigint[]): Promise<Set<bigint>>;
  /** Stores the tokens of the selected events, within the caller's transaction. Call it before their removal. */
  add(connection: DuckDBConnection, selection: Selection): Promise<void>;
}

/** Makes the key of the hashes, if there is none. */
export async function makeSecret(connection: DuckDBConnection): Promise<void> {
  await connection.run('INSERT INTO secrets SELECT $1 WHERE NOT EXISTS (FROM secrets)', [
    randomBytes(32).toString('hex'),
  ]);
}

export async function readSecret(connection: DuckDBConnection): Promise<string> {
  const [[secret]] = (await connection.runAndReadAll('SELECT secret FROM secrets')).getRows() as [[string]];
  return secret;
}

/** Hex digits of SHA-256 in a hash: 64 bits. */
const HASH_DIGITS = 16;

/** @param now milliseconds since 1970 */
export async function openErasedTokens(connection: DuckDBConnection, now: () => number): Promise<ErasedTokens> {
  const secret = await readSecret(connection);
  // A hash that was added by a removal that failed later stays here, which only costs a lookup.
  const fingerprints = createFingerprintSet();
  let size = 0;

  function remember(hash: bigint): void {
    fingerprints.add(fingerprint(hash));
    size++;
  }

  await connection.run('DELETE FROM erased_tokens WHERE erased_at < $1', [toTimestamp(now() - RETENTION_MS)]);
  await readHashes(connection, 'SELECT hash FROM erased_tokens', remember);

  return {
    isEmpty: () => size === 0,
    hashOf: (collection, token) =>
      BigInt(
        `0x${createHash('sha256').update(`${secret}${collection}\0${token}`).digest('hex').slice(0, HASH_DIGITS)}`,
      ),
    async find(reading, hashes) {
      const possible = hashes.filter((hash) => fingerprints.has(fingerprint(hash)));
      if (!possible.length) return new Set();
      const rows = await reading.runAndReadAll(
        'SELECT hash FROM erased_tokens WHERE hash IN (SELECT unnest($1))',
        [listValue(possible)],
        [LIST(UBIGINT)],
      );
      return new Set(rows.getRows().map(([hash]) => hash as bigint));
    },
    async add(removing, selection) {
      const { sql, values } = statement(
        (bind) =>
          `INSERT INTO erased_tokens
           SELECT DISTINCT ('0x' || left(sha256(${bind(secret)} || collection || chr(0) || token), ${HASH_DIGITS}))::UBIGINT, ${bind(toTimestamp(now()))}
           FROM events WHERE token IS NOT NULL AND created_at > ${bind(toTimestamp(now() - RETENTION_MS))} AND ${where(selection, bind)}
           RETURNING hash`,
      );
      await readHashes(removing, sql, remember, values);
    },
  };
}

/** The first 52 bits, which a number holds exactly. */
const fingerprint = (hash: bigint): number => Number(hash >> 12n);

async function readHashes(
  connection: DuckDBConnection,
  sql: string,
  each: (hash: bigint) => void,
  values: Parameters<DuckDBConnection['stream']>[1] = [],
): Promise<void> {
  const stream = await connection.stream(sql, values);
  for await (const chunk of stream) for (const hash of chunk.getColumnValues(0)) each(hash as bigint);
}
