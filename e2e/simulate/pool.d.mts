import type { Plan } from './plan.ts';
import type { Result } from './run.ts';

export interface Failure {
  seed: number;
  kind: string;
  text: string;
}

export interface Total {
  seeds: number;
  steps: number;
  events: number;
  requests: number;
  counts: Record<string, number>;
  failures: Failure[];
}

export interface Pool {
  trace(seed: number): Promise<Result>;
  shrink(seed: number): Promise<{ plan: Plan; result: Result }>;
  replay(plan: Plan): Promise<Result>;
  run(options: { from?: number; count: number; stop?: boolean; progress?: (total: Total) => void }): Promise<Total>;
  close(): Promise<unknown>;
}

export function openPool(core: string, size?: number): Promise<Pool>;
