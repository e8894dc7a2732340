import type { Selection } from '../../model/query.ts';
import { type Bind, statement } from './binding.ts';
import type { Client } from './client.ts';
import { type Place, positionOf } from './position.ts';
import type { RemovalTarget } from './store.ts';
import { rawJson, where } from './where.ts';

const EVENTS = 'events';
/** Rows of one page of events that lose a property. Their JSON has to fit into memory. */
const PAGE_ROWS = 5_000;

/** Waits until a deletion is done on this server. */
const AT_ONCE = { lightweight_deletes_sync: '2', mutations_sync: '2' } as const;
const FINAL = { final: 1, do_not_merge_across_partitions_select_final: 1 } as const;

/** Makes the `remove` of a server. */
export function createRemoval(client: Client): (place: Place, target: RemovalTarget) => Promise<void> {
  /** The events of the partition that its log has brought before the removal. */
  const earlier = ({ partition, born, seq }: Place, bind: Bind) =>
    `part = ${bind(partition, 'UInt16')} AND position < ${bind(`${positionOf({ born, seq })}`, 'UInt64')}`;

  /**
   * Writes the events again as removed, so that one which a late loader inserts once more stays away. Then the older
   * rows with their JSON are deleted.
   */
  async function removeEvents(place: Place, selection: Selection): Promise<void> {
    await client.run(
      statement(
        (bind) => `
        INSERT INTO ${EVENTS} (collection, timestamp, id, created_at, part, position, event, version, removed)
        SELECT collection, timestamp, id, created_at, part, position, '', ${bind(`${positionOf(place)}`, 'UInt64')}, 1
        FROM ${EVENTS} WHERE ${earlier(place, bind)} AND ${where(selection, bind)}`,
      ),
      FINAL,
    );
    await deleteOlder(place, selection.collection);
  }

  /** Deletes the rows that a row of the removal has replaced. */
  const deleteOlder = (place: Place, collection: string) =>
    client.run(
      statement((bind) => {
        const version = bind(`${positionOf(place)}`, 'UInt64');
        const rows = `collection = ${bind(collection, 'String')} AND ${earlier(place, bind)}`;
        return `DELETE FROM ${EVENTS} WHERE ${rows} AND version < ${version}
          AND (timestamp, id) IN (SELECT timestamp, id FROM ${EVENTS} WHERE ${rows} AND version = ${version})`;
      }),
      AT_ONCE,
    );

  /** Page by page, because the store has no function that takes a member out of a JSON text. */
  async function removeProperty(place: Place, collection: string, path: string): Promise<void> {
    const version = `${positionOf(place)}`;
    for (let after: [number, string] = [-Number.MAX_SAFE_INTEGER, '']; ; ) {
      const rows = await client.readAll(
        statement(
          (bind) => `
          SELECT timestamp, id, created_at, part, toString(position), event FROM ${EVENTS}
          WHERE collection = ${bind(collection, 'String')} AND ${earlier(place, bind)}
            AND (timestamp, id) > (${bind(after[0], 'Int64')}, ${bind(after[1], 'String')})
            AND ${rawJson(path, bind)} <> ''
          ORDER BY timestamp, id LIMIT ${PAGE_ROWS}`,
        ),
        { settings: FINAL },
      );
      await client.insert(
        'events (collection, timestamp, id, created_at, part, position, event, version)',
        rows.map(([timestamp, id, createdAt, part, position, event]) => {
          const columns = [collection, timestamp, id, createdAt, part, position].map((one) => JSON.stringify(one));
          return `[${columns.join()},${without(event as string, path)},"${version}"]`;
        }),
      );
      if (rows.length < PAGE_ROWS) break;
      after = rows.at(-1)!.slice(0, 2) as [number, string];
    }
    await deleteOlder(place, collection);
  }

  /** Refusals and counts of a collection that has been removed as a whole hold its name. */
  async function forget(collection: string): Promise<void> {
    await client.run(
      statement((bind) => `DELETE FROM repeats WHERE collection = ${bind(collection, 'String')}`),
      AT_ONCE,
    );
    await client.run(
      statement((bind) => {
        const name = bind(collection, 'String');
        const segments = `splitByChar('/', route)`;
        return `ALTER TABLE refusals UPDATE
          route = arrayStringConcat(arrayMap(part -> if(part = ${name} OR decodeURLComponent(part) = ${name}, '…', part), ${segments}), '/')
          WHERE arrayExists(part -> part = ${name} OR decodeURLComponent(part) = ${name}, ${segments})`;
      }),
      AT_ONCE,
    );
  }

  return async (place, target) => {
    const path = 'property' in target ? target.property : '';
    // The schema first, so that an event that arrives meanwhile adds the property again.
    await client.insert('removals', [
      JSON.stringify([target.collection, path, place.partition, `${positionOf(place)}`]),
    ]);
    if ('property' in target) return removeProperty(place, target.collection, target.property);
    await removeEvents(place, target);
    if (!target.filters.length && !target.timeframe) await forget(target.collection);
  };
}

/** An event's JSON, as a JSON string, without a property and what is nested in it. */
function without(event: string, path: string): string {
  const parsed = JSON.parse(event) as Record<string, unknown>;
  const names = path.split('.');
  let object: Record<string, unknown> | undefined = parsed;
  for (const name of names.slice(0, -1)) object = object?.[name] as Record<string, unknown> | undefined;
  if (object) delete object[names.at(-1)!];
  return JSON.stringify(JSON.stringify(parsed));
}
