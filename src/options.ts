import { checkNames } from './key.ts';
import type { TrackerOptions } from './types.ts';

const NUMBER = /^\d+$/;

/** What each option must look like; the error shows it. */
const RULES = {
  // A path segment of its own.
  projectId: /^[\w~-][\w.~-]*$/,
  // No credentials, query or fragment; without TLS only on loopback.
  endpoint: /^(https:\/\/|http:\/\/(([\w-]+\.)*localhost|127\.[\d.]+|\[::1])([:/]|$))[^?#@\s]*$/,
  scheme: /^[\w-]*$/,
  flushInterval: NUMBER,
  maxBatch: NUMBER,
  maxQueue: NUMBER,
  maxAge: NUMBER,
  durability: /^(relaxed|strict)$/,
  consent: /^(granted|pending|denied)$/,
};

/** @throws TypeError for an option that cannot work: a misspelt `denied`, say, must not pass for consent. */
export function check(options: Record<string, any>): void {
  for (const [name, rule] of Object.entries(RULES)) {
    if (name in options && !rule.test(options[name])) throw new TypeError(`mailslot: ${name} must match ${rule}`);
  }
}

/**
 * The options with their defaults.
 *
 * @throws KeyError for an option that a page must not have
 * @throws TypeError for one that cannot work
 */
export function checkOptions(options: TrackerOptions) {
  checkNames(options);
  const settings = {
    endpoint: 'https://api.keen.io',
    scheme: 'Bearer',
    flushInterval: 1000,
    maxBatch: 500,
    maxQueue: 10_000,
    maxAge: 2_592_000_000,
    durability: 'relaxed' as const,
    consent: 'granted' as const,
    onError: console.warn as NonNullable<TrackerOptions['onError']>,
    ...options,
  };
  check(settings);
  return settings;
}

export type Settings = ReturnType<typeof checkOptions>;
