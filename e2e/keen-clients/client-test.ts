import { after, test } from 'node:test';
import { type Collector, startCollector } from '../fixtures/collector.ts';
import { PURCHASES, REFUNDS } from './analyses.ts';
import { installClients } from './install.ts';

const reason = installClients();
let started: Promise<Collector> | undefined;
if (!reason) after(async () => (await started)?.close());

/** Starts the real collector, with the events that the analyses find. */
async function start(): Promise<Collector> {
  const collector = await startCollector();
  await record(collector, { purchases: PURCHASES, refunds: REFUNDS });
  return collector;
}

/** A test against the collector that all tests of a file share; skipped if Keen's clients cannot be installed. */
export function clientTest(name: string, run: (collector: Collector) => Promise<void>): void {
  test(name, { skip: reason ?? false }, async () => run(await (started ??= start())));
}

/** Records events without a client. */
export async function record(collector: Collector, collections: Record<string, object[]>): Promise<void> {
  const body = JSON.stringify(collections);
  const response = await collector.request('/events', { method: 'POST', key: collector.keys.write, body });
  if (response.status !== 200) throw new Error(`the collector answered ${response.status} to events`);
}

/** Node's form of a callback, which Keen's clients take. */
type Callback = (error: Error | null, result: any) => void;

/** The result that a client passes to its callback. Rejects with its error. */
export function resultOf(call: (callback: Callback) => void): Promise<any> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}

/** Stored events without what the collector adds to each. */
export const own = (events: { keen: Record<string, unknown>; [property: string]: unknown }[]): object[] =>
  events.map(({ keen: { id: _, created_at: __, timestamp: ___, ...keen }, ...properties }) =>
    Object.keys(keen).length ? { ...properties, keen } : properties,
  );
