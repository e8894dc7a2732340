import { getDomain, getPublicSuffix } from 'tldts';
import { type Addon, text } from './addon.ts';
import { REFERRERS, type Referrer } from './referrers.ts';

/** What is known of a visit's origin; null where a part is not known or the URLs cannot be read ("blank" at Keen [U]). */
interface Origin {
  medium: Referrer['medium'] | 'INTERNAL' | 'UNKNOWN' | null;
  source: string | null;
  term: string | null;
}

const origin = (medium: Origin['medium'], source: string | null = null, term: string | null = null): Origin => ({
  medium,
  source,
  term,
});

/** `keen:referrer_parser`: whether a visitor came from a search, a mail, a social site or this very site, and what was searched for. */
export const referrerParser: Addon = {
  inputs: ['referrer_url', 'page_url'],
  run([referrerUrl, pageUrl]) {
    const [referrer, page] = [text(referrerUrl), text(pageUrl)];
    if (!URL.canParse(referrer) || !URL.canParse(page)) return origin(null);
    const { hostname, searchParams } = new URL(referrer);
    // First, for a site may be in the table itself.
    if (site(hostname) === site(new URL(page).hostname)) return origin('INTERNAL');

    const known = lookUp(hostname);
    if (!known) return origin('UNKNOWN');
    const name = known.medium === 'SEARCH' && (known.terms ?? ['q']).find((term) => searchParams.get(term));
    return origin(known.medium, known.source, name ? searchParams.get(name) : null);
  },
};

// Whoever has `a.github.io` is not who has `b.github.io`.
const list = { allowPrivateDomains: true };

/** The domain that someone registered, such as `shop.example` of `www.shop.example`; the host where there is none, as of an address. */
const site = (host: string) => getDomain(host, list) ?? host;

const byHost = new Map(REFERRERS.flatMap((referrer) => referrer.hosts.map((host) => [host, referrer] as const)));

/** The most exact entry of the table for a host. */
function lookUp(host: string): Referrer | undefined {
  const exact = host.replace(/^www\./, '');
  const suffix = getPublicSuffix(host, list);
  const withAnySuffix = (name: string) =>
    suffix && name.endsWith(`.${suffix}`) ? `${name.slice(0, -suffix.length)}*` : name;
  const at = (name: string) => byHost.get(name) ?? byHost.get(withAnySuffix(name));

  // The host itself, then with a dot in front all that it is below of.
  const labels = exact.split('.');
  const above = labels.map((_, index) => `.${labels.slice(index).join('.')}`);
  return [exact, ...above].map(at).find((found) => found);
}
