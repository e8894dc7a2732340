import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { inTransaction } from './transaction.ts';

const open = async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('CREATE TABLE numbers (n INTEGER PRIMARY KEY)');
  const numbers = async () => (await connection.runAndReadAll('SELECT n FROM numbers ORDER BY n')).getColumns().flat();
  return { connection, numbers, insert: (n: number) => connection.run(`INSERT INTO numbers VALUES (${n})`) };
};

test('a transaction takes effect as a whole or not at all', async () => {
  const { connection, numbers, insert } = await open();
  await inTransaction(connection, () => insert(1));
  const failing = inTransaction(connection, async () => {
    await insert(2);
    await insert(1);
  });
  await assert.rejects(failing, /Constraint Error/);
  assert.deepEqual(await numbers(), [1]);
});

test('a transaction whose rollback failed is rolled back before the next one', async () => {
  const { connection, numbers, insert } = await open();
  await inTransaction(connection, () => insert(1));
  const run = connection.run.bind(connection);
  connection.run = (async (sql: string) => {
    if (sql === 'ROLLBACK') throw new Error('Out of Memory Error');
    return run(sql);
  }) as typeof run;
  await assert.rejects(
    inTransaction(connection, () => insert(1)),
    /Constraint Error/,
  );
  connection.run = run;
  await assert.rejects(numbers(), /Current transaction is aborted/);
  await inTransaction(connection, () => insert(2));
  assert.deepEqual(await numbers(), [1, 2]);
});

test('a transaction that cannot begin rejects with the error of the database', async () => {
  const { connection, insert } = await open();
  const run = connection.run.bind(connection);
  connection.run = (async (sql: string) => {
    if (sql === 'BEGIN TRANSACTION') throw new Error('FATAL Error: invalidated');
    return run(sql);
  }) as typeof run;
  await assert.rejects(
    inTransaction(connection, () => insert(1)),
    /^Error: FATAL Error: invalidated/,
  );
});
