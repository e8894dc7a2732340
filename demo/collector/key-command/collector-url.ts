import { isIP } from 'node:net';
import { SettingsError } from '../model/settings-error.ts';
import { isLoopback } from '../tls/address.ts';

/**
 * The collector's URL for a command, without a slash at the end.
 * @param given the value of `--url`; without one, the URL on this machine that follows from the settings
 * @throws SettingsError for an invalid URL, or one to which the Master key would travel unencrypted
 */
export function collectorUrl(
  given: string | undefined,
  { host, port, tls }: { host: string; port: number; tls: boolean },
): string {
  if (given === undefined) {
    // A server listens on the address for all interfaces, but a client cannot connect to it.
    const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
    return `${tls ? 'https' : 'http'}://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new SettingsError('--url must be the collector’s URL, such as https://collector.example.');
  }
  if (url.protocol === 'http:' && !isThisMachine(url.hostname)) {
    throw new SettingsError(
      '--url must be https:, except on this machine, because the request carries the Master key.',
    );
  }
  return url.href.replace(/\/$/, '');
}

/** A URL has IPv6 addresses in brackets. */
const isThisMachine = (host: string) => host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''));
