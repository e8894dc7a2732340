import { isIP } from 'node:net';
import { SettingsError } from '../model/settings-error.ts';
import { isLoopback } from '../tls/address.ts';

/**
 * Where a command asks the collector, without a slash at the end.
 * @param given what `--url` says; else the collector is taken to listen on this machine, as its settings say
 * @throws SettingsError for what is no address, or one where others could read the Master key on its way
 */
export function collectorUrl(
  given: string | undefined,
  { host, port, tls }: { host: string; port: number; tls: boolean },
): string {
  if (given === undefined) {
    // An address that means all of them is one to listen on and not to call.
    const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
    return `${tls ? 'https' : 'http'}://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new SettingsError('--url must be where the collector is, such as https://collector.example.');
  }
  if (url.protocol === 'http:' && !isHere(url.hostname)) {
    throw new SettingsError('--url must be https: but on this machine, because the Master key travels there.');
  }
  return url.href.replace(/\/$/, '');
}

/** A URL writes IPv6 in brackets. */
const isHere = (host: string) => host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''));
