import type { Page } from 'playwright';
import type { Collector } from '../fixtures/collector.ts';
import type { Project } from './project.ts';

/** What a row's check does in its environment, once the project is built. */
export interface Visit {
  readonly project: Project;
  readonly collector: Collector;
  /** Opens a path of the project's site in a tab of a new browser profile. Needs `site`. */
  open(path: string): Promise<Page>;
  /** Takes a page of another profile, such as a browser with an extension, whose problems count as well. */
  watch(page: Page): void;
  /**
   * Waits until the collector has these events, by collection, and no others beside those of earlier calls. Each is
   * compared in the members that are given, in the order of the events' own times. Ends the pages.
   */
  expectEvents(collections: Record<string, object[]>): Promise<void>;
}

/** How the built project is served to a browser. */
export type Serving =
  /** By a server of this repository, from a folder of the project. `fallback` answers every other path without extension. */
  | { kind: 'folder'; folder: string; fallback?: string }
  /** By a script of its `package.json`, which gets these arguments and the variable PORT. */
  | { kind: 'script'; script: string; args?: (port: number) => string[] };

/** One environment: a project, and what must happen in it. */
export interface Row {
  /** The name of its folder in `projects/`. */
  readonly name: string;
  readonly environment: string;
  /** The packages whose versions the report has, besides those that are no library of the environment. */
  readonly versions: readonly string[];
  /** Folders of the built files that a browser downloads: what mailslot adds to them is in the report. */
  readonly output?: readonly string[];
  /** The files that a page loads as they are, without a build. */
  readonly files?: readonly string[];
  /** What its visits have shown, in a few words. */
  readonly shows: string;
  /** One after the other, each with a server of its own. */
  readonly visits: readonly { readonly site?: Serving; readonly check: (visit: Visit) => Promise<void> }[];
}

/** What became of one step of a row. */
export type Step = { state: 'passed' } | { state: 'none' } | { state: 'failed'; reason: string };

export interface Result {
  readonly row: Row;
  readonly versions: string;
  readonly install: Step;
  readonly types: Step;
  readonly build: Step;
  readonly runs: Step;
  /** Events that the collector had of those that were tracked; undefined if the row tracks none. */
  readonly delivered?: { stored: number; tracked: number };
  /** Bytes of brotli that mailslot adds to the files for the browser. */
  readonly bytes?: number;
}

export const hasFailed = ({ install, types, build, runs }: Result): boolean =>
  [install, types, build, runs].some(({ state }) => state === 'failed');
