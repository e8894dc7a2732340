import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';

/** Parses Prometheus' text format strictly. @returns sample → value */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  let family = '';
  assert.ok(text.endsWith('\n'));
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (collector_[a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) family = type[1]!;
    if (line.startsWith('#')) {
      assert.match(line, /^# (HELP|TYPE) collector_[a-z_]+ \S/);
      continue;
    }
    const sample = /^(([a-z_]+)(?:\{[a-z]+="[^"\\]+"\})?) (\d[\d.e+-]*)$/.exec(line);
    assert.ok(sample, line);
    assert.ok(sample[2]!.startsWith(family), `${line} follows the type of its family`);
    assert.equal(samples.has(sample[1]!), false, `${line} comes once`);
    samples.set(sample[1]!, Number(sample[3]));
  }
  return samples;
}

test('/metrics counts events, repeats, requests, refusals and latencies for a Master key', async (t) => {
  const { url, ask } = await startServer(t);
  const scrape = (key?: string) =>
    fetch(`${url}/metrics`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
  for (const key of [undefined, 'master_unknown']) assert.equal((await scrape(key)).status, 401, key);
  for (const key of [KEYS.read, KEYS.write]) assert.equal((await scrape(key)).status, 403, key);
  const before = parse(await (await scrape(KEYS.master)).text());

  const keen = { uniqueness_token: 'a' };
  await (await ask('/events', KEYS.write, { things: [{ n: 1, keen }, { n: 2 }] })).text();
  await (await ask('/events/things', KEYS.write, { n: 1, keen })).text();
  await (await ask('/events/things', KEYS.read, { n: 1 })).text();
  const answer = await scrape(KEYS.master);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const after = parse(await answer.text());
  const rise = (name: string) => after.get(`collector_${name}`)! - (before.get(`collector_${name}`) ?? 0);
  assert.equal(rise('events_stored_total'), 2);
  assert.equal(rise('events_repeated_total'), 1);
  assert.equal(rise('requests_total{status="201"}'), 1);
  assert.equal(rise('refusals_total{status="401"}'), 1);
  // The three requests, and the scrape before.
  assert.equal(rise('request_duration_seconds_count'), 4);
  assert.equal(rise('request_duration_seconds_bucket{le="+Inf"}'), 4);
  assert.ok(rise('request_duration_seconds_sum') > 0);
  const buckets = [...after].filter(([name]) => name.includes('_bucket')).map(([, value]) => value);
  assert.deepEqual(
    buckets,
    buckets.toSorted((a, b) => a - b),
    'buckets are cumulative',
  );
  assert.equal(after.get('collector_healthy'), 1);
  assert.equal(after.get('collector_waiting_characters'), 0);
  for (const name of ['database_file_bytes', 'database_log_bytes', 'resident_memory_bytes'])
    assert.ok(after.get(`collector_${name}`)! > 0, name);
});

test('/health says what is failing', async (t) => {
  const { storage } = await startServer(t);
  const { url } = await startServer(t, { storage: { ...storage, healthy: () => false } });
  const answer = await fetch(`${url}/health`);
  assert.deepEqual(
    [answer.status, await answer.json()],
    [503, { status: 'failing', failing: ['events cannot be written to disk'] }],
  );
});
