import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { memoize } from '../model/memoize.ts';
import { SettingsError } from '../model/settings-error.ts';

/** Addresses whose range is remembered. */
const MAX_KNOWN = 10_000;

/** Named ranges. */
export const RANGES: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Returns a test whether an address is in one of the ranges. Also matches IPv4 written as IPv6 (`::ffff:127.0.0.1`).
 */
export function isIn(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
  for (const range of ranges.flatMap((one) => RANGES[one] ?? one)) {
    const [address, bits] = range.split('/') as [string, string?];
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  // A lookup takes microseconds, and each request needs several.
  const check = memoize((given) => {
    const address = withoutPort(given);
    return isIP(address) !== 0 && list.check(address, family(address));
  }, MAX_KNOWN);
  return (given) => check(given ?? '');
}

/** Some proxies add the port of the connection: `192.0.2.7:4711`, `[2001:db8::1]:4711`. */
export const withoutPort = (address: string): string =>
  /^\[(.*)\](?::\d{1,5})?$/.exec(address)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(address)?.[1] ?? address;

export const isLoopback = isIn(['loopback']);

/**
 * Resolves the address to listen on. Every request carries a key, so plain HTTP is allowed on loopback only.
 * @param encrypted whether TLS ends here or at a proxy
 * @throws SettingsError
 */
export async function listenAddress(host: string, encrypted: boolean): Promise<string> {
  // One address, IPv4 if the host has both, because every client tries IPv4 for `localhost`.
  const { address } = await lookup(host, { verbatim: false });
  if (encrypted || isLoopback(address)) return address;
  throw new SettingsError(
    `On ${host} the collector can be reached from other machines, and plain HTTP would show them every key. Set TLS_CERT and TLS_KEY, or TLS_SELF_MADE, or BEHIND_PROXY if a proxy ends TLS; see --help.`,
  );
}
