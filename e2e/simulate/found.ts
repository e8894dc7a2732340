import type { Mutant } from './mutants.ts';
import type { Plan } from './plan.ts';

/** A defect that the core once had, and the smallest run that shows it, because few seeds do. */
export interface Found extends Mutant {
  plan: Plan;
}

const settings = {
  flushInterval: 0,
  maxBatch: 500,
  maxQueue: 10_000,
  maxAge: 2_592_000_000,
  noLocks: false,
  resolution: 0.1,
  load: 0,
  calm: 1,
};

export const FOUND: Found[] = [
  {
    defect: "a late refusal of the old key ends the new key's pause",
    edits: [
      {
        file: 'delivery.ts',
        marker: 'refused key',
        becomes: `if (status > 400 && status < 405) {
          paused = writeKey === settings.writeKey;
          if (paused) report('paused', 0, { status });
        }`,
      },
    ],
    breaks: /^sent while paused$/,
    plan: {
      seed: 16,
      settings: { ...settings, network: { slow: 1, 'spurious refusal': 1 } },
      features: [],
      steps: [
        { gap: 0, does: 'open', slot: 0, n: 0 },
        { gap: 100, does: 'track', slot: 0, n: 0 },
        { gap: 200, does: 'revoke key', slot: 0, n: 0 },
        { gap: 1, does: 'new key', slot: 0, n: 0 },
        { gap: 1, does: 'track', slot: 0, n: 0 },
        { gap: 1, does: 'hide', slot: 0, n: 0 },
      ],
    },
  },
  {
    defect: 'a closed tracker goes on reading with the lock held',
    edits: [
      {
        file: 'delivery.ts',
        marker: 'drain',
        becomes: `while (maySend() || !outbox._claim(1, 1)[0]) {
          const batch = outbox._claim(maxBatch, maxChars);
          if (batch[0]) await sendBatch(batch);
          else if (!(cursor = await outbox._load(cursor, maxBatch))) break;
        }`,
      },
    ],
    breaks: /^lock kept$/,
    plan: {
      seed: 0,
      settings: { ...settings, network: {} },
      features: [],
      steps: [
        { gap: 0, does: 'open', slot: 0, n: 0 },
        { gap: 41_795.546, does: 'track', slot: 0, n: 32 },
        { gap: 0.625, does: 'close', slot: 0, n: 352 },
        { gap: 0.901, does: 'navigate', slot: 0, n: 601 },
      ],
    },
  },
  {
    defect: 'an event of a page whose clock read 1970 is too old for the next page',
    edits: [{ file: 'outbox.ts', marker: 'impossible', becomes: 'return age > maxAge;' }],
    breaks: /^evicted too soon$/,
    plan: {
      seed: 1970,
      settings: { ...settings, network: {} },
      features: [],
      steps: [
        { gap: 0, does: 'clock wrong', slot: 0, n: 0 },
        { gap: 1, does: 'open', slot: 0, n: 0 },
        { gap: 100, does: 'offline', slot: 0, n: 0 },
        { gap: 100, does: 'track', slot: 0, n: 0 },
        { gap: 100, does: 'close tab', slot: 0, n: 0 },
        { gap: 100, does: 'clock right', slot: 0, n: 0 },
        { gap: 100, does: 'open', slot: 0, n: 0 },
        { gap: 5_000, does: 'online', slot: 0, n: 0 },
      ],
    },
  },
  {
    defect: 'a purge that fails is not reported if the store failed before',
    edits: [{ file: 'outbox.ts', marker: 'purge report', becomes: '' }],
    breaks: /^not purged$/,
    plan: {
      seed: 4582,
      settings: { ...settings, network: {} },
      features: [],
      steps: [
        { gap: 0, does: 'open', slot: 0, n: 0 },
        { gap: 100, does: 'offline', slot: 0, n: 0 },
        { gap: 100, does: 'track', slot: 0, n: 0 },
        { gap: 1_000, does: 'store silent', slot: 0, n: 0 },
        { gap: 1, does: 'track', slot: 0, n: 0 },
        { gap: 60_000, does: 'deny', slot: 0, n: 0 },
        { gap: 30_000, does: 'online', slot: 0, n: 0 },
      ],
    },
  },
  {
    defect: 'a failure after a success shortens the backoff of an earlier one',
    edits: [{ file: 'retry.ts', marker: 'no backoff', becomes: 'else notBefore = now + backoff(failures);' }],
    breaks: /^sent too early$/,
    plan: {
      seed: 33627,
      settings: {
        ...settings,
        flushInterval: 20,
        resolution: 1,
        network: { 'server error': 1, 'too many': 1, 'proxy 400': 3, partial: 1 },
      },
      features: [],
      steps: [
        { gap: 0, does: 'open', slot: 0, n: 0 },
        { gap: 99.781, does: 'track', slot: 0, n: 626 },
        { gap: 2_837.435, does: 'to cache', slot: 0, n: 331 },
        { gap: 1_783.046, does: 'open', slot: 0, n: 773 },
        { gap: 0.099, does: 'hide', slot: 0, n: 87 },
        { gap: 0.771, does: 'track', slot: 0, n: 916 },
        { gap: 1_437.908, does: 'hide', slot: 0, n: 441 },
      ],
    },
  },
];
