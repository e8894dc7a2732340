import { UAParser } from 'ua-parser-js';
import { memoize } from '../../model/memoize.ts';
import { type Addon, requireString } from './addon.ts';

/**
 * `keen:ua_parser`: device, browser and operating system. Names of families are those of ua-parser-js, except where
 * Keen is known to differ. An unknown family is `Other`, with null as its version. Versions are strings, as at Keen.
 */
export const uaParser: Addon = {
  inputs: ['ua_string'],
  run: ([userAgent]) => parseCached(requireString(userAgent)),
};

const MAX_CACHED_USER_AGENTS = 500;

/** Parsing takes 30 µs, and all events of a batch have one user agent. */
const parseCached = memoize(parse, MAX_CACHED_USER_AGENTS);

/** The library's device types → Keen's. Keen documents only "mobile phone"; the others are [U]. */
const DEVICE_TYPES: Record<string, string> = { mobile: 'mobile phone', smarttv: 'smart tv' };

function parse(userAgent: string): object {
  const { browser, os, device } = new UAParser(userAgent).getResult();
  // An unknown device has no type at Keen. The type of a computer is not documented [U].
  const type = device.type ? (DEVICE_TYPES[device.type] ?? device.type) : browser.name && 'desktop';
  // Keen's examples have "Windows 10" without a version, "Mac OS X", and "Other" as a Macintosh's device.
  const windows = os.name === 'Windows' && os.version;
  return {
    device: { family: (device.type && device.model) || 'Other', ...(type && { type }) },
    browser: { family: browser.name ?? 'Other', ...versions(browser.version, ['major', 'minor', 'patch']) },
    os: {
      family: windows ? `Windows ${os.version}` : os.name === 'Mac OS' ? 'Mac OS X' : (os.name ?? 'Other'),
      ...versions(windows ? undefined : os.version, ['major', 'minor', 'patch', 'patch_minor']),
    },
  };
}

const versions = (version: string | undefined, names: string[]) =>
  Object.fromEntries(names.map((name, index) => [name, version?.split('.')[index] ?? null]));
