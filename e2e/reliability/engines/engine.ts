import type { Engine as EngineName } from '../../../scripts/browsers.mjs';

/** One page of a driven browser. */
export interface Tab {
  /** Runs a function in the page, which must need nothing from outside; what it answers must be JSON. */
  evaluate<Argument, Result>(
    inPage: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  /** Resolves when the page there has loaded. */
  go(url: string): Promise<void>;
  close(): Promise<void>;
  /** A command of the DevTools protocol, where the engine has it. */
  devtools?(method: string, parameters?: object): Promise<unknown>;
}

/** What a browser may be started with. */
export interface Settings {
  /** Its windows are private ones. */
  private?: boolean;
  /** Frames of another site may not store. */
  blockThirdParties?: boolean;
  /** Bytes that a site may store, as far as the engine can be told. */
  quota?: number;
}

/** A browser with a new profile, driven from outside. */
export interface Browser {
  readonly version: string;
  open(url: string): Promise<Tab>;
  /** Cuts it off from the network, and back; missing where the engine has no such switch. */
  offline?(cut: boolean): Promise<void>;
  /** Records what its threads do until the answer is called; missing where the engine has no such record. */
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
  /** Microseconds: the clock's and the processor's. */
  ts: number;
  dur?: number;
  tdur?: number;
  args: { data?: { url?: string; functionName?: string }; name?: string };
}

/** A browser on a given profile at one address, which has to be able to die: the page drives itself and tells the site how far it is. */
export interface Visit {
  /** Looks up the processes, so that what follows happens at once. */
  aim(): void;
  /** Freezes its page, and thaws it; missing where the engine has no such state. */
  freeze?(state: 'frozen' | 'active'): Promise<void>;
  /** SIGKILL of all processes that render pages. */
  crash(): Promise<void>;
  /** SIGKILL of all its processes; resolves when they are gone. */
  kill(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  start(settings?: Settings): Promise<Browser>;
  visit(profile: string, url: string): Promise<Visit>;
}
