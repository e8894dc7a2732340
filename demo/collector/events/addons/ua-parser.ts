import { UAParser } from 'ua-parser-js';
import { type Addon, text } from './addon.ts';

/**
 * `keen:ua_parser`: device, browser and operating system. Families are called what ua-parser-js calls them, but where Keen is known
 * to have said otherwise; what is unknown is `Other`, and its version null. Versions are text, as Keen's were.
 */
export const uaParser: Addon = {
  inputs: ['ua_string'],
  run: ([userAgent]) => parsed(text(userAgent)),
};

/** Parsing takes 30 µs, and a batch comes from one browser. */
const recent = new Map<string, object>();
const MOST_RECENT = 500;

function parsed(userAgent: string): object {
  const known = recent.get(userAgent);
  if (known) return known;
  if (recent.size >= MOST_RECENT) recent.clear();
  const result = parse(userAgent);
  recent.set(userAgent, result);
  return result;
}

/** The library's names for devices of a kind → Keen's. Of these only "mobile phone" is documented, the others are [U]. */
const TYPES: Record<string, string> = { mobile: 'mobile phone', smarttv: 'smart tv' };

function parse(userAgent: string): object {
  const { browser, os, device } = new UAParser(userAgent).getResult();
  // Keen has no type for what it does not know; that of a computer is not documented [U].
  const type = device.type ? (TYPES[device.type] ?? device.type) : browser.name && 'desktop';
  // Keen's own examples: "Windows 10" without a version, "Mac OS X", and a Macintosh that is "Other".
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
  Object.fromEntries(names.map((name, at) => [name, version?.split('.')[at] ?? null]));
