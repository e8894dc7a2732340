import type { Finding } from '../../src/tools/scanner/finding.ts';
import type { Scanner } from '../../src/tools/scanner/scanner.ts';

export function filesOf(folder: string): Generator<string>;
export function scanFiles(
  scanner: Pick<Scanner, 'scan'>,
  files: Iterable<string>,
  base: string,
): { files: number; bytes: number; findings: Finding[] };
