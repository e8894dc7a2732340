// @keen.io/query 1.2.2: the types of queries in Keen's own applications.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { inSnakeCase } from './analyses.ts';
import { clientTest } from './client-test.ts';
import { CLIENTS, requireClient } from './install.ts';

const require = createRequire(import.meta.url);

interface TypedQuery {
  query: { analysis_type: string };
  result: unknown;
}

/** Not an import, because the project's type check would follow it, also before the types are installed. */
async function readQueries(): Promise<TypedQuery[]> {
  const { code } = await transform(readFileSync(join(CLIENTS, 'typed/queries.ts'), 'utf8'), { loader: 'ts' });
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).QUERIES;
}

clientTest('queries have the types of @keen.io/query', async () => {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', join(CLIENTS, 'typed')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

clientTest('queries with the types of @keen.io/query get their results', async (collector) => {
  for (const { query, result } of await readQueries()) {
    // Keen's applications translate the names, too.
    const body = JSON.stringify(inSnakeCase(query));
    const headers = { 'content-type': 'application/json' };
    const response = await collector.request(`/queries/${query.analysis_type}`, { method: 'POST', headers, body });
    assert.deepEqual(((await response.json()) as { result: unknown }).result, result, body);
  }
});

clientTest('the functions of @keen.io/query understand the queries', async () => {
  const { extractGroupBySettings, isCustomInterval } = requireClient('@keen.io/query');
  assert.deepEqual(extractGroupBySettings('user.id'), ['user.id']);
  assert.deepEqual([isCustomInterval('daily'), isCustomInterval('every_2_days')], [false, true]);
});
