import { checkNames } from './key.ts';
import type { TrackerOptions } from './types.ts';

const NUMBER = /^\d+$/;

/** Each option's default, and what it must look like; the error shows it. */
const OPTIONS = {
  // A path segment of its own.
  projectId: ['', /^[\w~-][\w.~-]*$/],
  // No credentials, query or fragment; without TLS only on loopback.
  endpoint: ['https://api.keen.io', /^(https:\/\/|http:\/\/(([\w-]+\.)*localhost|127\.[\d.]+|\[::1])([:/]|$))[^?#@\s]*$/],
  scheme: ['Bearer', /^[\w-]*$/],
  flushInterval: [1000, NUMBER],
  maxBatch: [500, /^[1-9]\d*$/],
  maxQueue: [10_000, NUMBER],
  maxAge: [2_592_000_000, NUMBER],
  durability: ['relaxed', /^(relaxed|strict)$/],
  consent: ['granted', /^(granted|pending|denied)$/],
} as const;

export type Settings = Required<Pick<TrackerOptions, keyof typeof OPTIONS>>;

/**
 * The option's value, or its default.
 *
 * @throws TypeError for one that cannot work: a misspelt `denied`, say, must not pass for consent.
 */
export function check(name: keyof typeof OPTIONS, value: any): any {
  const [fallback, rule] = OPTIONS[name];
  value ??= fallback;
  if (!rule.test(value)) throw new TypeError(`mailslot: ${name} must match ${rule}`);
  return value;
}

/**
 * The options with their defaults.
 *
 * @throws KeyError for an option that a page must not have
 * @throws TypeError for one that cannot work
 */
export function checkOptions(options: TrackerOptions): Settings & TrackerOptions {
  checkNames(options);
  const settings: any = { ...options };
  for (const name in OPTIONS) settings[name] = check(name as keyof typeof OPTIONS, settings[name]);
  return settings;
}
