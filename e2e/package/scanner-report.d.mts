import type { Scanner } from '../../src/tools/scanner/scanner.ts';

export function publish(part: string, lines: string[]): void;
export function loadScanner(url?: string): Promise<Scanner>;
