export interface Size {
  name: string;
  minified: number;
  gzip: number;
  brotli: number;
  /** Which of the three the budget is for. */
  of: 'minified' | 'gzip' | 'brotli';
  budget: number;
  /** What an add-on should take, if the budget is more or less. */
  aim?: number;
  over: boolean;
}

export function measure(): Promise<Size[]>;
