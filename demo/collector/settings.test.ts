import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings, SettingsError } from './settings.ts';

test('without an environment it listens on loopback and makes its own keys', () => {
  assert.deepEqual(readSettings({}, '/somewhere/file'), { port: 8080, host: '127.0.0.1', data: '/somewhere/file', keys: {} });
  assert.deepEqual(readSettings({ PORT: '', WRITE_KEY: '', PROJECT_ID: '' }, 'f'), { port: 8080, host: '127.0.0.1', data: 'f', keys: {} });
});

test('everything can be set', () => {
  const env = { PORT: '0', HOST: '::1', DATA: 'd', PROJECT_ID: 'p-1', WRITE_KEY: 'write_a', READ_KEY: 'B'.repeat(192), MASTER_KEY: 'm' };
  assert.deepEqual(readSettings(env, 'f'), { port: 0, host: '::1', data: 'd', projectId: 'p-1', keys: { write: 'write_a', read: 'B'.repeat(192), master: 'm' } });
});

test('what cannot be used is refused, with the name of the variable and without the key', () => {
  const table: [Record<string, string>, RegExp][] = [
    [{ PORT: '80a' }, /PORT/], [{ PORT: '-1' }, /PORT/], [{ PORT: '65536' }, /PORT/], [{ PORT: '1.5' }, /PORT/],
    [{ PROJECT_ID: 'a/b' }, /PROJECT_ID/], [{ PROJECT_ID: '..' }, /PROJECT_ID/], [{ PROJECT_ID: 'a b' }, /PROJECT_ID/],
    [{ WRITE_KEY: 'secret with space' }, /WRITE_KEY/], [{ READ_KEY: 'secret\nsecret' }, /READ_KEY/], [{ WRITE_KEY: 'read_secret' }, /WRITE_KEY.*"read_"/],
    [{ MASTER_KEY: 'WRITE_secret' }, /MASTER_KEY.*"write_"/], [{ WRITE_KEY: 'secret', READ_KEY: 'secret' }, /differ/], [{ WRITE_KEY: 'secret', PROJECT_ID: 'secret' }, /differ/],
  ];
  for (const [env, message] of table) {
    assert.throws(() => readSettings(env, 'f'), (error) => error instanceof SettingsError && message.test(error.message) && !/secret/i.test(error.message), JSON.stringify(env));
  }
});
