export interface Price {
  feature: string;
  /** The module that has it, such as `src/lock.ts`. */
  file: string;
  bytes: number;
}

export function measurePrices(): Promise<Price[]>;
