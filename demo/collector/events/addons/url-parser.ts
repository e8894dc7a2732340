import { toPropertyName } from '../../model/property-name.ts';
import { type Addon, AddonError, requireString } from './addon.ts';

/** `keen:url_parser`: the parts of a URL. Missing parts are left out. */
export const urlParser: Addon = {
  inputs: ['url'],
  run([url]) {
    const { protocol, hostname, pathname, hash, searchParams } = parseUrl(requireString(url));
    const parameters = Object.fromEntries([...searchParams].map(([name, value]) => [toPropertyName(name), value]));
    return {
      protocol: protocol.slice(0, -1),
      ...(hostname && { domain: hostname }),
      ...(pathname && { path: pathname }),
      ...(hash && { anchor: decoded(hash.slice(1)) }),
      // The last of several parameters with one name counts [U].
      ...(searchParams.size && { query_string: parameters }),
    };
  },
};

/** @throws AddonError */
function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new AddonError('its input is not a whole URL');
  return new URL(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // with a percent sign that starts no escape sequence
  }
}
