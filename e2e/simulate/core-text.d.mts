/** A defect: what takes the place of the statement below the comment `// mutant: MARKER` in a file of `src/`. */
export interface Edit {
  file: string;
  marker: string;
  becomes: string;
}

export function bundleCore(entry?: string, edits?: Edit[]): Promise<string>;
