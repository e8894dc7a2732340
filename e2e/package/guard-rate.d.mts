export interface Rate {
  name: string;
  length: number;
  keys: number;
  refused: number;
  /** The first key that was refused. */
  example?: string;
}

export function measureRates(isRefused: (key: string) => boolean, keys: number, seed: number): Iterable<Rate>;
export function loadGuard(): Promise<(key: string) => boolean>;
