import type { Engine as EngineName } from '../../../scripts/browsers.mjs';

/** A page of a driven browser. */
export interface Tab {
  /** Runs a function in the page. It must not use outer variables, and its result must be JSON. */
  evaluate<Argument, Result>(
    inPage: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  /** Opens another page, and waits until it has loaded. */
  go(url: string): Promise<void>;
  /** Goes back in the history. The earlier page may not be there yet. */
  back(): Promise<void>;
  /** Loads the page again, and waits until it has loaded. */
  reload(): Promise<void>;
  close(): Promise<void>;
  /** Sends a command of the DevTools protocol; missing if the engine has none. */
  devtools?(method: string, parameters?: object): Promise<unknown>;
}

/** Settings of a browser. */
export interface Settings {
  /** Its windows are private. */
  private?: boolean;
  /** Frames of another site cannot store anything. */
  blockThirdParties?: boolean;
  /** Bytes that a site may store, if the engine has such a setting. */
  quota?: number;
}

/** A driven browser with a new profile. */
export interface Browser {
  readonly version: string;
  open(url: string): Promise<Tab>;
  /** Switches its network off or on; missing if the engine has no such switch. */
  offline?(cut: boolean): Promise<void>;
  /** Starts a performance trace; missing if the engine has none. Call the result to end it. */
  trace?(): Promise<() => Promise<TraceEvent[]>>;
  close(): Promise<void>;
}

/** @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
export interface TraceEvent {
  name: string;
  cat: string;
  ph: string;
  pid: number;
  tid: number;
  /** Start and duration by the clock, in microseconds. */
  ts: number;
  dur?: number;
  /** Duration in processor time, in microseconds. */
  tdur?: number;
  args: { data?: { url?: string; functionName?: string }; name?: string; type?: string };
}

/**
 * A browser that can be killed: without a driver, on a given profile, at one address. The page reports its progress to
 * the site.
 */
export interface Visit {
  /** Finds the browser's processes now, so that a later `crash()` or `kill()` is immediate. */
  findProcesses(): void;
  /** Freezes or thaws its page; missing if the engine has no such state. */
  freeze?(state: 'frozen' | 'active'): Promise<void>;
  /** Kills all renderers with SIGKILL. */
  crash(): Promise<void>;
  /** Kills all of its processes with SIGKILL, and waits until they are gone. */
  kill(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  /** Starts a driven browser. */
  start(settings?: Settings): Promise<Browser>;
  visit(profile: string, url: string): Promise<Visit>;
}
