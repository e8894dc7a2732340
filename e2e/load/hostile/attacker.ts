// The hostile clients: one process, of which the CPU time is limited, so that it cannot slow down the collector by its
// own work. It gets an attack's name and the world as its first message.
import { Agent, request as send } from 'node:http';
import { ATTACKS } from './attacks.ts';
import type { Attack, HostileRequest, Stop, World } from './world.ts';

/** Part of one processor that this process may use. */
const CPU_SHARE = 0.25;
const PAUSE_MS = 5;
/** On a busy machine the first answer can come after the honest load has ended. */
const FIRST_ANSWER_MS = 20_000;
/** Addresses of the hostile clients: the networks of one IPv6 /48, which one customer of a provider can have. */
const NETWORKS = 16;

const source = (n: number) => `2001:db8:bad:${(n % NETWORKS).toString(16)}::1`;
const answers = new Map<string, number>();
let onAnswer = () => {};
const firstAnswer = new Promise<void>((resolve) => (onAnswer = resolve));
const count = (answer: string) => {
  answers.set(answer, (answers.get(answer) ?? 0) + 1);
  onAnswer();
};
let stopped = false;

/** Waits until this process has used less than its share since the start of the attack. */
function createBrake(): () => Promise<void> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const isOver = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 > CPU_SHARE * (performance.now() - startedAt);
  };
  return async () => {
    while (!stopped && isOver()) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  };
}

function sendOne({ origin, path }: World, agent: Agent, request: HostileRequest, from: string): Promise<void> {
  const { method, path: below, key, headers, body } = request;
  return new Promise((resolve) => {
    const sent = send(
      new URL(below.startsWith('/dashboard') ? below : path + below, origin),
      {
        method,
        agent,
        headers: {
          'x-forwarded-for': from,
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
          ...headers,
        },
      },
      (response) => {
        count(String(response.statusCode));
        response.on('error', () => undefined).resume();
        response.once('close', resolve);
      },
    );
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (!stopped) count(error.code ?? error.message);
      resolve();
    });
    sent.end(body);
  });
}

function repeat(world: World, requests: HostileRequest[], connections: number): Stop {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const brake = createBrake();
  let next = 0;
  for (let n = 0; n < connections; n++)
    void (async () => {
      while (!stopped) {
        await brake();
        if (!stopped) await sendOne(world, agent, requests[next++ % requests.length]!, source(next));
      }
    })();
  return () => agent.destroy();
}

function start(attack: Attack, world: World, requests: HostileRequest[]): Stop {
  if (attack.start) return attack.start(world, count, source);
  return repeat(world, requests, attack.connections ?? 4);
}

process.once('message', ({ name, world }: { name: string; world: World }) => {
  const attack = ATTACKS.find((one) => one.name === name)!;
  const requests = attack.requests?.(world) ?? [];
  process.once('message', () => {
    const before = process.cpuUsage();
    const stop = start(attack, world, requests);
    process.once('message', async () => {
      await Promise.race([firstAnswer, new Promise((resolve) => setTimeout(resolve, FIRST_ANSWER_MS))]);
      const { user, system } = process.cpuUsage(before);
      stopped = true;
      stop();
      process.send!({ answers: [...answers], cpuMs: (user + system) / 1_000 }, () => process.exit());
    });
  });
  process.send!('ready');
});
