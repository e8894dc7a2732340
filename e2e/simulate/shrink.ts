import type { Plan } from './plan.ts';
import { run } from './run.ts';
import type { Core } from './world.ts';

/** The smallest plan found, in steps and network faults, that still breaks the same rule. */
export async function shrink(plan: Plan, core: Core): Promise<Plan> {
  const kind = (await run(plan, core)).violations[0]?.kind;
  if (!kind) return plan;
  const fails = async (smaller: Plan) => (await run(smaller, core)).violations[0]?.kind === kind;

  for (let before = -1; before !== plan.steps.length; ) {
    before = plan.steps.length;
    for (let size = plan.steps.length >> 1; size >= 1; size >>= 1) {
      for (let at = plan.steps.length - size; at >= 0; at -= size) {
        const dropped = plan.steps.slice(at, at + size);
        const steps = [...plan.steps.slice(0, at), ...plan.steps.slice(at + size)];
        // The steps that follow may need the time that passed.
        const waited = dropped.reduce((sum, { gap }) => sum + gap, 0);
        const late = steps.map((step, index) => (index === at ? { ...step, gap: step.gap + waited } : step));
        if (await fails({ ...plan, steps: late })) plan = { ...plan, steps: late };
        else if (await fails({ ...plan, steps })) plan = { ...plan, steps };
      }
    }
  }
  for (const fault of Object.keys(plan.settings.network)) {
    const { [fault as never]: _, ...network } = plan.settings.network;
    const smaller = { ...plan, settings: { ...plan.settings, network } };
    if (await fails(smaller)) plan = smaller;
  }
  return plan;
}
