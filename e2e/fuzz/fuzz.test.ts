// `npm run fuzz -- --runs 100000` runs longer, and with other seeds.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { prepare } from '../../demo/collector/events/prepare.ts';
import { arriving } from '../../demo/collector/testing/arrival.ts';
import { routeName } from '../../demo/collector/testing/routes.ts';
import { batteryProblem } from './battery.ts';
import { answerProblem } from './checks.ts';
import { startFuzzed } from './collector.ts';
import { fuzz } from './fuzz.ts';
import { tracesOf } from './keys.ts';
import { problemOf } from './problems.ts';
import { type FuzzRequest, hasArbitrary } from './requests.ts';

const BUDGET_MS = 120_000;
/** So many are sent in a few seconds, or in the whole budget on a machine that does little else. */
const MIN_REQUESTS = 400;
const SEED = Number(process.env.SEED ?? 20_240_515);

const REQUEST: FuzzRequest = {
  route: 'GET /3.0/projects/:id/keys',
  method: 'GET',
  path: '/',
  key: undefined,
  scheme: '',
  headers: {},
  body: undefined,
  encoding: 'none',
};
const answer = (status: number, text: string, headers: string[] = []) => ({ status, text, headers });
const ERROR = '{"message": "What is wrong.", "error_code": "InvalidParameterError"}';

test('an answer that breaks a promise is found', () => {
  const problem = (status: number, text: string, headers?: string[]) =>
    answerProblem(REQUEST, answer(status, text, headers), ['write_5e0f']);
  for (const [status, text] of [
    [200, '[]'],
    [400, ERROR],
    [503, ERROR],
  ] as const)
    assert.equal(problem(status, text), undefined);
  for (const [status, text] of [
    [500, ERROR],
    [504, ERROR],
    [404, ''],
    [400, '{"error": "Bad Request", "message": "x"}'],
    [400, '{"error_code": "InvalidParameterError", "message": ""}'],
    [400, ERROR.replace('What', 'write_5e0f')],
    [200, '["write_5e0f"]'],
  ] as const)
    assert.ok(problem(status, text), `${status} ${text}`);
  assert.ok(problem(404, ERROR, ['location', '/write_5e0f']));
});

test('a key that is kept is found', { timeout: 120_000 }, async (t) => {
  const collector = await startFuzzed(0);
  t.after(collector.stop);
  const prepared = prepare('things', { text: collector.keys.accessAll }, arriving(Date.now()));
  assert.ok('event' in prepared);
  await collector.storage.append([prepared.event]);
  assert.match((await problemOf(collector, [], 0))!.text, /a kept text holds a part of a key: .*access_/);
  // Shorter ones would be found everywhere.
  assert.ok(tracesOf(collector.keys).every((trace) => trace.length >= 12));
});

test('a row that makes one type of query fail is found', async (t) => {
  const types = new Set<string>();
  let broken = '';
  const server = createServer((request, response) => {
    const type = request.url!.split('/').at(-1)!;
    types.add(type);
    const refused = type === 'extraction' ? ERROR : undefined;
    response.writeHead(type === broken ? 500 : refused ? 422 : 200).end(refused ?? '{"result": null}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const target = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    storage: { schema: () => new Map([['things', new Map([['n', 'num' as const]])]]) },
  };
  assert.equal(await batteryProblem(target, 0), undefined);
  assert.ok(types.size >= 5, [...types].join());
  for (broken of types) assert.match((await batteryProblem(target, 0))!, /a later query fails with 500/);
});

test('every route of the collector has an arbitrary', async (t) => {
  const collector = await startFuzzed(0);
  t.after(collector.stop);
  const names = collector.routes.map(routeName);
  assert.ok(names.length > 60, `${names.length} routes`);
  assert.deepEqual(
    names.filter((name) => !hasArbitrary(name)),
    [],
  );
});

test('no request to any route breaks a promise', { timeout: BUDGET_MS + 70_000 }, async () => {
  const { runs, failures, statuses } = await fuzz({ seed: SEED, runs: 20_000, maxMs: BUDGET_MS });
  assert.deepEqual(failures, [], `seed ${SEED}`);
  assert.ok(runs >= MIN_REQUESTS, `${runs} requests`);
  // Otherwise nothing behind the first check was reached.
  assert.ok((statuses[200] ?? 0) + (statuses[201] ?? 0) >= runs / 5, JSON.stringify(statuses));
});
