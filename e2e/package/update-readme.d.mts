/** A place in README.md and the text that has to stand there. */
export type Figure = [place: RegExp, figure: string];

export function reliability(text?: string): { accepted: number; faults: number; lost: number; countedTwice: number };
export function figures(): Promise<Figure[]>;
export function addonFigures(): Promise<Figure[]>;
export function fill(readme: string, places: readonly Figure[]): string;
