import type { Agent } from 'node:http';
import { batteryProblem } from './battery.ts';
import { answerProblem } from './checks.ts';
import type { FuzzedCollector } from './collector.ts';
import { tracesOf } from './keys.ts';
import type { FuzzRequest } from './requests.ts';
import { createAgent, send } from './send.ts';

/** A broken promise. */
export interface Problem {
  /** The same for all problems with presumably one cause. */
  kind: string;
  text: string;
}

/** Is told of each answer. */
type Count = (request: FuzzRequest, status: number) => void;

/**
 * Sends the requests of a batch, one after the other, and looks for a broken promise after each and after all.
 * @param number of the batch
 */
export async function problemOf(
  collector: FuzzedCollector,
  requests: FuzzRequest[],
  number: number,
  count: Count = () => undefined,
): Promise<Problem | undefined> {
  const agent = createAgent();
  try {
    await collector.renewSpareKeys();
    const traces = tracesOf(collector.keys);
    for (const request of requests) {
      const text = await requestProblem(collector, request, traces, agent, count);
      if (text) return { kind: `${request.route}: ${text.slice(0, 60)}`, text: `${text}\n${JSON.stringify(request)}` };
    }
    const text =
      (await batteryProblem(collector, number)) ??
      (await keptProblem(collector, traces)) ??
      (await healthProblem(collector));
    return text === undefined ? undefined : { kind: text.slice(0, 60), text };
  } finally {
    agent.destroy();
  }
}

async function requestProblem(
  collector: FuzzedCollector,
  request: FuzzRequest,
  traces: string[],
  agent: Agent,
  count: Count,
): Promise<string | undefined> {
  try {
    const answer = await send(request, collector, agent);
    count(request, answer.status);
    return answerProblem(request, answer, traces);
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}

/** Keys in the log, in the list of refusals, and in the data of the dashboard. */
async function keptProblem(collector: FuzzedCollector, traces: string[]): Promise<string | undefined> {
  const { url, cookie, storage } = collector;
  const texts = collector.takeLog();
  texts.push(...(await storage.refusals.report(300)).newest.map((row) => JSON.stringify(row)));
  for (const path of ['data', 'activity/data?limit=300']) {
    const response = await fetch(`${url}/dashboard/${path}`, { headers: { cookie } });
    const text = await response.text();
    if (response.status !== 200) return `the dashboard's ${path} answers ${response.status}: ${text}`;
    texts.push(text);
  }
  const found = texts.find((text) => traces.some((trace) => text.includes(trace)));
  return found && `a kept text holds a part of a key: ${around(found, traces)}`;
}

async function healthProblem({ url }: FuzzedCollector): Promise<string | undefined> {
  const { status } = await fetch(`${url}/health`);
  return status === 200 ? undefined : `/health answers ${status}`;
}

/** The part of a text around the first trace in it. */
function around(text: string, traces: string[]): string {
  const at = Math.min(...traces.flatMap((trace) => (text.includes(trace) ? [text.indexOf(trace)] : [])));
  return text.slice(Math.max(0, at - 300), at + 200);
}
