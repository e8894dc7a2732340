import type { DuckDBConnection } from '@duckdb/node-api';
import { type Catalogue, createCatalogue, type Property, type SchemaChange } from '../catalogue.ts';
import { appendRows } from './append-rows.ts';
import type { Commit } from './commit-memory.ts';
import { rebuildTable } from './rebuild-table.ts';

/** The schema of all collections, in memory and in the database. */
export interface StoredCatalogue extends Pick<Catalogue, 'schema' | 'findNew' | 'add'> {
  /** Stores a change in the database, within the caller's transaction. */
  insert(connection: DuckDBConnection, change: SchemaChange): Promise<void>;
  /** Drops a collection, or one of its properties with everything nested in it. */
  drop(connection: DuckDBConnection, collection: string, path?: string): Promise<void>;
}

/** Loads the schema from the database. */
export async function openCatalogue(
  connection: DuckDBConnection,
  now: () => number,
  commit?: Commit,
): Promise<StoredCatalogue> {
  const catalogue = createCatalogue(await countEvents(connection), now);
  // In the order of writing, because the row of a type that replaced `null` comes after the row with `null`.
  const stored = await connection.runAndReadAll('SELECT collection, path, type FROM properties ORDER BY rowid');
  const properties = stored.getRows().map(([collection, path, type]) => ({ collection, path, type }) as Property);
  catalogue.add({ properties, replaced: [] });
  return {
    ...catalogue,
    insert,
    async drop(from, collection, path) {
      const dropped = path === undefined ? 'true' : `(path = $2 OR starts_with(path, $2 || '.'))`;
      await rebuildTable(
        from,
        'properties',
        `SELECT * FROM properties WHERE NOT (collection = $1 AND ${dropped}) ORDER BY rowid`,
        path === undefined ? [collection] : [collection, path],
        commit,
      );
      catalogue.drop(collection, path);
    },
  };
}

/** Events of each collection of the schema. */
async function countEvents(connection: DuckDBConnection): Promise<Map<string, number>> {
  const rows = await connection.runAndReadAll(
    'SELECT collection, count(*) FROM events WHERE collection IN (SELECT collection FROM properties) GROUP BY 1',
  );
  return new Map(rows.getRows().map(([collection, events]) => [collection as string, Number(events)]));
}

async function insert(connection: DuckDBConnection, { properties, replaced }: SchemaChange): Promise<void> {
  for (const collection of replaced) await connection.run('DELETE FROM properties WHERE collection = $1', [collection]);
  if (!properties.length) return;
  await appendRows(connection, 'properties', properties, (appender, { collection, path, type }) => {
    for (const text of [collection, path, type]) appender.appendVarchar(text);
  });
}
