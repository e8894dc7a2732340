import { DAY_MS } from '../../model/durations.ts';
import type { Recorded } from '../../model/overview.ts';
import { readPageToken } from '../../model/page-token.ts';
import { createTurn } from '../../model/turns.ts';
import { pageId } from '../page-id.ts';
import { statement } from './binding.ts';
import { type Access, openClient } from './client.ts';
import { explain, type QueryLimits } from './errors.ts';
import { groupInserts } from './group-inserts.ts';
import { type Place, positionOf } from './position.ts';
import { createRemoval } from './removal.ts';
import type { EventRecord, LoggedEvent, Property, StoreWriter } from './store.ts';
import { openTokens } from './tokens.ts';

export interface WriterOptions {
  /** One server. */
  access: Access;
  /** Of the project: hashes of tokens stay longer than removed events, and must not be guessable. */
  secret: string;
  /** Of removals. */
  limits: QueryLimits;
}

/** Opens one server for a loader. */
export async function openStoreWriter({ access, secret, limits }: WriterOptions): Promise<StoreWriter> {
  const client = groupInserts(await openClient(access));
  const tokens = openTokens(client, secret);
  const remove = createRemoval(client);

  async function record({ partition, born }: Omit<Place, 'seq'>, records: EventRecord[]): Promise<Recorded> {
    const placed = records.flatMap(({ seq, events }) => {
      const position = positionOf({ born, seq });
      return events.map((event, index) => ({ event, position, index }));
    });
    const checked = await tokens.check(partition, placed);
    const rows = await rowsOf(partition, placed, checked.repeats);
    await Promise.all([
      client.insert('events (collection, timestamp, id, created_at, part, position, event)', rows.events),
      client.insert('tokens (part, hash, position, created_at)', checked.rows),
      client.insert('repeats', rows.repeats),
      client.insert('page_events', rows.pages),
      client.insert('properties', propertyRows({ partition, born }, records)),
    ]);
    const repeats = checked.repeats.filter(Boolean).length;
    return { stored: placed.length - repeats, repeats };
  }

  return {
    record,
    async offsets() {
      const rows = await client.readAll(
        statement(() => `SELECT part, max(born), argMax(seq, (born, seq)) FROM offsets GROUP BY part`),
      );
      return rows.map(([partition, born, seq]) => ({ partition, born, seq }) as Place);
    },
    async remove(place, target) {
      try {
        await remove(place, target);
      } catch (error) {
        throw explain(error, limits);
      }
    },
    addRefusals: (place, refusals) =>
      client.insert(
        'refusals (part, position, number, at, method, route, status, key, key_id, origin, reason, times)',
        refusals.map(({ at, method, route, status, key, keyId, origin, reason, times }, number) =>
          row([
            place.partition,
            `${positionOf(place)}`,
            number,
            at,
            method,
            route,
            status,
            key,
            keyId,
            origin,
            reason,
            times,
          ]),
        ),
      ),
    advance: ({ partition, born, seq }) => client.insert('offsets', [row([partition, born, seq])]),
    close: client.close,
  };
}

/** An event with its place in the log. */
export interface Placed {
  event: LoggedEvent;
  position: bigint;
  /** In its record. */
  index: number;
}

const row = (columns: unknown[]) => JSON.stringify(columns);

interface RowTexts {
  events: string[];
  repeats: string[];
  pages: string[];
}

async function rowsOf(partition: number, placed: Placed[], repeats: boolean[]): Promise<RowTexts> {
  const rows: RowTexts = { events: [], repeats: [], pages: [] };
  /** `[collection, partition, position` of a row → repeats. */
  const dropped = new Map<string, number>();
  const turn = createTurn();
  for (const [number, { event, position, index }] of placed.entries()) {
    const { collection, token, id, timestamp, createdAt, quoted } = event;
    if (repeats[number]) {
      const key = `[${JSON.stringify(collection)},${partition},"${position}"`;
      dropped.set(key, (dropped.get(key) ?? 0) + 1);
    } else {
      const columns = [
        JSON.stringify(collection),
        timestamp,
        JSON.stringify(id),
        createdAt,
        partition,
        `"${position}"`,
      ];
      rows.events.push(`[${columns.join()},${quoted}]`);
    }
    const page = readPageToken(token);
    if (page) {
      const repeat = repeats[number] ? `${partition}:${position}:${index}` : '';
      rows.pages.push(row([`${pageId(page.page)}`, page.number, repeat, dayOf(createdAt)]));
    }
    const next = turn.giveWay();
    if (next) await next;
  }
  for (const [key, count] of dropped) rows.repeats.push(`${key},${count}]`);
  return rows;
}

let lastDay = { number: Number.NaN, text: '' };

/** The date of a time. Most events are of the same day as the one before. */
function dayOf(time: number): string {
  const number = Math.floor(time / DAY_MS);
  if (number !== lastDay.number) lastDay = { number, text: new Date(number * DAY_MS).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** A property begins with the first event of its record: the schema's type is that of the earliest. */
function propertyRows({ partition, born }: Omit<Place, 'seq'>, records: EventRecord[]): string[] {
  return records.flatMap(({ seq, events, properties }) => {
    const at = events[0]?.createdAt ?? 0;
    const position = `${positionOf({ born, seq })}`;
    return properties.map(([collection, path, type]: Property) =>
      row([collection, path, type, partition, at, position]),
    );
  });
}
