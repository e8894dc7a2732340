import { checkNames } from './key.ts';
import type { Consent, TrackerOptions } from './types.ts';

const NUMBER = /^\d+$/;

/** What each option must look like; the error shows it. */
const RULES = {
  // A path segment of its own.
  projectId: /^[\w~-][\w.~-]*$/,
  // No credentials, query or fragment; without TLS only on loopback.
  endpoint: /^(https:\/\/|http:\/\/(([\w-]+\.)*localhost|127\.[\d.]+|\[::1])([:/]|$))[^?#@\s]*$/,
  scheme: /^[\w-]*$/,
  flushInterval: NUMBER,
  maxBatch: /^[1-9]\d*$/,
  maxQueue: NUMBER,
  maxAge: NUMBER,
  durability: /^(relaxed|strict)$/,
  consent: /^(granted|pending|denied)$/,
};

/** @throws TypeError for an option that cannot work: a misspelt `denied`, say, must not pass for consent. */
export function check(name: keyof typeof RULES, value: unknown): void {
  // A blank matches nothing, and an option that is not there must not pass for the word 'undefined'.
  if (!RULES[name].test((value ?? ' ') as string)) throw new TypeError(`mailslot: ${name} must match ${RULES[name]}`);
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
    consent: 'granted' as Consent,
    onError: ((problem) => console.warn('mailslot:', problem)) as NonNullable<TrackerOptions['onError']>,
    ...options,
  };
  for (const name in RULES) check(name as keyof typeof RULES, settings[name as keyof typeof RULES]);
  return settings;
}

export type Settings = ReturnType<typeof checkOptions>;
