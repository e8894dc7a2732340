import type { Scanner } from '../../src/tools/scanner/scanner.ts';

export const KINDS: string[];
export function measureScanner(
  scanner: Pick<Scanner, 'scan'>,
  strings: number,
  seed: number,
  makers?: Record<string, (random: () => number) => string>,
): Generator<{ kind: string; strings: number; found: number; example?: string }>;
