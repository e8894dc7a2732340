/** A text of a file in `src/`, and what takes its place. */
export interface Edit {
  file: string;
  text: string;
  becomes: string;
}

/** @throws where an edit's text is not in its file exactly once */
export function bundleCore(entry?: string, edits?: readonly Edit[]): Promise<string>;
