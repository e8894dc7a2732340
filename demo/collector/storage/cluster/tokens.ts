import { createHmac } from 'node:crypto';
import { DAY_MS } from '../../model/durations.ts';
import { mapInTurns } from '../../model/turns.ts';
import { statement } from './binding.ts';
import type { Client } from './client.ts';
import type { Placed } from './writer.ts';

/** How long a stored token makes a later event a repeat: Keen's 31 days. */
const TOKEN_RETENTION_MS = 31 * DAY_MS;
/** Hashes of one look-up. */
const MAX_HASHES = 2_000;
/** Hex digits of a hash of 128 bits. */
const HASH_DIGITS = 32;

export interface Tokens {
  /** Decides which of the events of a partition are repeats. They are in the order of the log. */
  check(partition: number, events: Placed[]): Promise<CheckedTokens>;
}

export interface CheckedTokens {
  /** For each event, whether it repeats an event of an earlier place in the log. */
  repeats: boolean[];
  /** For the table of tokens: those of the other events. */
  rows: string[];
}

/**
 * Finds repeats by the hashes of their tokens. Only earlier places count, and an event's own time of arrival: whoever reads
 * the same log again decides the same, whatever the table already holds of the events themselves.
 */
export function openTokens(client: Client, secret: string): Tokens {
  const hashOf = ({ event: { collection, token } }: Placed): string | undefined =>
    token === undefined
      ? undefined
      : String(
          BigInt(
            `0x${createHmac('sha256', secret).update(`${collection}\0${token}`).digest('hex').slice(0, HASH_DIGITS)}`,
          ),
        );

  /** Hash → times of arrival of its events before a place in the log. */
  async function storedBefore(partition: number, position: bigint, hashes: string[]): Promise<Map<string, number[]>> {
    const stored = new Map<string, number[]>();
    for (let start = 0; start < hashes.length; start += MAX_HASHES) {
      const rows = await client.readAll(
        statement(
          (bind) => `
          SELECT toString(hash), created_at FROM tokens
          WHERE part = ${bind(partition, 'UInt16')} AND position < ${bind(`${position}`, 'UInt64')}
            AND hash IN (SELECT toUInt128(arrayJoin(${bind(hashes.slice(start, start + MAX_HASHES), 'Array(String)')})))`,
        ),
      );
      for (const [hash, createdAt] of rows as [string, number][])
        stored.set(hash, [...(stored.get(hash) ?? []), createdAt]);
    }
    return stored;
  }

  async function check(partition: number, events: Placed[]): Promise<CheckedTokens> {
    const hashes = await mapInTurns(events, hashOf);
    const present = [...new Set(hashes.filter((hash) => hash !== undefined))];
    const known = present.length ? await storedBefore(partition, events[0]!.position, present) : new Map();
    const rows: string[] = [];
    const repeats = events.map(({ event: { createdAt }, position }, index) => {
      const hash = hashes[index];
      if (hash === undefined) return false;
      const times: number[] = known.get(hash) ?? [];
      if (times.some((time) => time > createdAt - TOKEN_RETENTION_MS)) return true;
      known.set(hash, [...times, createdAt]);
      rows.push(JSON.stringify([partition, hash, `${position}`, createdAt]));
      return false;
    });
    return { repeats, rows };
  }

  return { check };
}
