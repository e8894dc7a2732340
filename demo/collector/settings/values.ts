import { isIP } from 'node:net';
import { classNamedBy, type KeyClass } from '../model/key.ts';
import { SettingsError } from '../model/settings-error.ts';
import { RANGES } from '../tls/address.ts';

/**
 * Parses the given value of a setting: text or, from a JSON file, also a number, boolean or list.
 * @param name the setting as the operator wrote it: `PORT`, `--port`, `"port" in FILE`
 * @throws SettingsError
 */
export type Read<Value> = (given: unknown, name: string) => Value;

export const wholeNumber =
  (least: number, most: number, note = ''): Read<number> =>
  (given, name) => {
    const number = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given;
    if (Number.isInteger(number) && (number as number) >= least && (number as number) <= most) return number as number;
    throw new SettingsError(`${name} must be a whole number from ${least} to ${most}${note}.`);
  };

export const yesOrNo: Read<boolean> = (given, name) => {
  if (typeof given === 'boolean') return given;
  const text = String(given).toLowerCase();
  if (['1', 'true', 'yes'].includes(text)) return true;
  if (['0', 'false', 'no'].includes(text)) return false;
  throw new SettingsError(`${name} must be true or false.`);
};

/** One line of text, such as a path or a host. */
export const text: Read<string> = (given, name) => {
  if (typeof given === 'string' && /^[^\p{Cc}]{1,4096}$/u.test(given)) return given;
  throw new SettingsError(`${name} must be one line of text.`);
};

/** A JSON array, or text in which commas separate the items. */
export const listOf =
  <Value>(read: Read<Value>): Read<Value[]> =>
  (given, name) => {
    const items =
      typeof given === 'string'
        ? given
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean)
        : given;
    if (Array.isArray(items)) return items.map((item) => read(item, `Each of ${name}`));
    throw new SettingsError(`${name} must be a list.`);
  };

/** Schemes of apps and extensions, whose pages have origins too. Their hosts are ids, and not always lower case. */
const APP_ORIGIN =
  /^(?!(?:https?|wss?|ftp|file|data|blob|about|javascript):)[a-z][a-z\d+.-]*:\/\/[\w.-]+(?::\d{1,5})?$/;

/**
 * `https://shop.example`, with its port if it has one; `https://*.shop.example` for every subdomain; an app's or an
 * extension's origin, such as `capacitor://localhost`; or `null`.
 */
export const origin: Read<string> = (given, name) => {
  const text = String(given);
  if (text === 'null' || APP_ORIGIN.test(text)) return text;
  const [, scheme, wildcard, host] = /^(https?:\/\/)(\*\.)?([^/?#@*]+)$/.exec(text) ?? [];
  // Browsers send an origin in lower case and without its scheme's default port. Any other spelling would never match.
  const isOrigin = host && URL.canParse(scheme + host) && new URL(scheme + host).origin === scheme + host;
  // `https://*.com` would allow nearly everyone, and an address has no subdomains.
  const hasSubdomains = host && /^[^:]+\.[^:.]+(:\d+)?$/.test(host) && !isIP(host.replace(/:\d+$/, ''));
  if (isOrigin && (!wildcard || hasSubdomains)) return text;
  throw new SettingsError(
    `${name} must be an origin as browsers send it, such as https://shop.example, https://*.shop.example, capacitor://localhost or null.`,
  );
};

/** An IP address, a range such as 10.0.0.0/8, or the name of a range. */
export const addresses: Read<string> = (given, name) => {
  const [address = '', bits, ...rest] = String(given).split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
  const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (Object.hasOwn(RANGES, String(given)) || (most > 0 && isRange && !rest.length)) return String(given);
  throw new SettingsError(
    `${name} must be an IP address, a range such as 10.0.0.0/8, or one of ${Object.keys(RANGES).join(', ')}.`,
  );
};

export const projectId: Read<string> = (given, name) => {
  if (typeof given === 'string' && /^[\w.~-]{1,128}$/.test(given) && !/^\.\.?$/.test(given)) return given;
  throw new SettingsError(
    `${name} must be one path segment of letters, digits, "-", "_", "." and "~", at most 128 of them.`,
  );
};

/** A key is hashed without salt and has no limit of attempts but the rates, so it must be too long to guess. */
export const keyOf =
  (of: KeyClass): Read<string> =>
  (given, name) => {
    if (typeof given !== 'string' || !/^[\x21-\x7e]{16,512}$/.test(given)) {
      throw new SettingsError(
        `${name} must be 16 to 512 visible ASCII characters without spaces, because it travels in a header and must not be guessed.`,
      );
    }
    const named = classNamedBy(given);
    if (named && named !== of) throw new SettingsError(`${name} holds a key that is labelled "${named}_".`);
    return given;
  };

/** Too long to guess with the few attempts that the dashboard allows. */
export const token: Read<string> = (given, name) => {
  if (typeof given === 'string' && /^[\x21-\x7e]{16,512}$/.test(given)) return given;
  throw new SettingsError(`${name} must be 16 to 512 visible ASCII characters without spaces.`);
};

export const oneOf =
  <Value extends string>(...values: Value[]): Read<Value> =>
  (given, name) => {
    const value = values.find((value) => value === given);
    if (value !== undefined) return value;
    throw new SettingsError(`${name} must be one of ${values.join(', ')}.`);
  };

/** `host:port` of a node of NATS, also with `nats://` or `tls://` before it. Credentials have settings of their own. */
export const natsServer: Read<string> = (given, name) => {
  if (typeof given === 'string' && /^(?:(?:nats|tls):\/\/)?(?:[\w.-]+|\[[\da-fA-F:]+\])(?::\d{1,5})?$/.test(given))
    return given;
  throw new SettingsError(`${name} must be a host and a port, such as nats-1:4222, without a user.`);
};

/** The URLs of a shard's replicas, with `|` between them. Credentials have settings of their own. */
export const shard: Read<string[]> = (given, name) => {
  const urls = Array.isArray(given) ? given : String(given).split('|');
  for (const url of urls) {
    const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
    const isPlain =
      parsed && /^https?:$/.test(parsed.protocol) && parsed.href === `${parsed.origin}/` && !/[?#]$/.test(url);
    if (!isPlain)
      throw new SettingsError(
        `${name} must be one or more URLs with "|" between them, such as http://a:8123|http://b:8123, without a user or a path.`,
      );
  }
  return urls.map((url: string) => new URL(url).origin);
};
