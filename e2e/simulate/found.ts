import type { Mutant } from './mutants.ts';
import type { Plan } from './plan.ts';

/** A defect that the core once had, and the smallest run that shows it; few seeds would. */
export interface Found extends Mutant {
  plan: Plan;
}

const settings = { flushInterval: 0, maxBatch: 500, maxQueue: 10_000, maxAge: 2_592_000_000, noLocks: false, resolution: 0.1, load: 0, calm: 1 };

export const FOUND: Found[] = [
  {
    defect: "an old key's late refusal hides that of the new one",
    edit: { file: 'delivery.ts', text: 'if (used === authorization()) {\n        refused = used;', becomes: 'refused = used;\n      if (used === authorization()) {' },
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
    edit: { file: 'delivery.ts', text: 'if (!open() || waiting() > 0) return;', becomes: 'if (items[0] && (!open() || waiting() > 0)) return;' },
    breaks: /^lock kept$/,
    plan: {
      seed: 58_101,
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
];
