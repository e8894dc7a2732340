import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeEvent } from '../../testing/event.ts';
import { prepareInsertEvents } from './insert-events.ts';
import { TABLES } from './tables.ts';

test('a large group of events is stored in several statements, in order and without a gap', async (t) => {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(TABLES);
  let statements = 0;
  const prepare = connection.prepare.bind(connection);
  t.mock.method(connection, 'prepare', async (sql: string) => {
    const statement = await prepare(sql);
    const run = statement.run.bind(statement);
    t.mock.method(statement, 'run', () => {
      statements++;
      return run();
    });
    return statement;
  });
  const insert = await prepareInsertEvents(connection);
  const ids = async () =>
    (await connection.runAndReadAll('SELECT id FROM events ORDER BY rowid')).getRows().map(([id]) => id);

  await insert([]);
  assert.equal(statements, 0);
  const small = Array.from({ length: 100 }, (_, n) => makeEvent('a', { n }, 0));
  await insert(small);
  assert.equal(statements, 1);
  const large = Array.from({ length: 900 }, (_, n) => makeEvent('a', { n, text: 'x'.repeat(9_000) }, 0));
  await insert(large);
  assert.equal(statements, 1 + 5);
  assert.deepEqual(
    await ids(),
    [...small, ...large].map(({ id }) => id),
  );
});
