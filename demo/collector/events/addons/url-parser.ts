import { type Addon, AddonError, text } from './addon.ts';

/** `keen:url_parser`: the parts of a URL; those that it does not have are left out. */
export const urlParser: Addon = {
  inputs: ['url'],
  run([url]) {
    const { protocol, hostname, pathname, hash, searchParams } = parseUrl(text(url));
    const parameters = Object.fromEntries([...searchParams].map(([name, value]) => [propertyName(name), value]));
    return {
      protocol: protocol.slice(0, -1),
      ...(hostname && { domain: hostname }),
      ...(pathname && { path: pathname }),
      ...(hash && { anchor: decoded(hash.slice(1)) }),
      // Of parameters with one name the last stays [U].
      ...(searchParams.size && { query_string: parameters }),
    };
  },
};

/** @throws AddonError */
export function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new AddonError('its input is not a whole URL');
  return new URL(text);
}

/** A parameter's name as that of a property, which holds no `.`, has no `$` in front and is neither blank nor long [U]. */
const propertyName = (name: string) => name.replace(/\.|^\$|^\s*$/g, '_').slice(0, 255);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone percent sign is one like any other character
  }
}
