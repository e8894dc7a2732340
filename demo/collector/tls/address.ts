import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { SettingsError } from '../model/settings-error.ts';

/** Ranges with a name of their own. */
export const RANGES: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** A test for addresses: whether one is in any of these ranges. IPv4 counts in IPv6's clothes (`::ffff:127.0.0.1`) too. */
export function isIn(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
  for (const range of ranges.flatMap((one) => RANGES[one] ?? one)) {
    const [address, bits] = range.split('/') as [string, string?];
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return (address) => address !== undefined && isIP(address) !== 0 && list.check(address, family(address));
}

export const isLoopback = isIn(['loopback']);

/**
 * The address to listen on. Keys travel with every request, so plain HTTP stays on this machine.
 * @param covered whether TLS ends here, or at a proxy
 * @throws SettingsError
 */
export async function addressFor(host: string, covered: boolean): Promise<string> {
  // One address, and IPv4 where there is a choice: that is the one that `localhost` is tried with everywhere.
  const { address } = await lookup(host, { verbatim: false });
  if (covered || isLoopback(address)) return address;
  throw new SettingsError(
    `On ${host} the collector can be reached from other machines, and plain HTTP would show them every key. Set TLS_CERT and TLS_KEY, or TLS_SELF_MADE, or BEHIND_PROXY if a proxy ends TLS; see --help.`,
  );
}
