import { getDomain, getPublicSuffix } from 'tldts';
import { type Addon, requireString } from './addon.ts';
import { REFERRERS, type Referrer } from './referrers.ts';

/** The origin of a visit. Unknown parts, and all parts for invalid URLs, are null ("blank" at Keen [U]). */
interface Origin {
  medium: Referrer['medium'] | 'INTERNAL' | 'UNKNOWN' | null;
  source: string | null;
  term: string | null;
}

const makeOrigin = (medium: Origin['medium'], source: string | null = null, term: string | null = null): Origin => ({
  medium,
  source,
  term,
});

/**
 * `keen:referrer_parser`: whether a visitor came from a search, a mail, a social site or the same site, and the search
 * term.
 */
export const referrerParser: Addon = {
  inputs: ['referrer_url', 'page_url'],
  run([referrerUrl, pageUrl]) {
    const [referrer, page] = [requireString(referrerUrl), requireString(pageUrl)];
    if (!URL.canParse(referrer) || !URL.canParse(page)) return makeOrigin(null);
    const { hostname, searchParams } = new URL(referrer);
    // Before the table, because the site itself can be in it.
    if (site(hostname) === site(new URL(page).hostname)) return makeOrigin('INTERNAL');

    const known = lookUp(hostname);
    if (!known) return makeOrigin('UNKNOWN');
    const parameter = known.medium === 'SEARCH' && (known.terms ?? ['q']).find((term) => searchParams.get(term));
    return makeOrigin(known.medium, known.source, parameter ? searchParams.get(parameter) : null);
  },
};

// `a.github.io` and `b.github.io` have different owners.
const DOMAIN_OPTIONS = { allowPrivateDomains: true };

/** The registrable domain, such as `shop.example` of `www.shop.example`; for an IP address, the host. */
const site = (host: string) => getDomain(host, DOMAIN_OPTIONS) ?? host;

const byHost = new Map(REFERRERS.flatMap((referrer) => referrer.hosts.map((host) => [host, referrer] as const)));

/** Finds the most specific entry of the table for a host. */
function lookUp(host: string): Referrer | undefined {
  const exact = host.replace(/^www\./, '');
  const suffix = getPublicSuffix(host, DOMAIN_OPTIONS);
  const withAnySuffix = (name: string) =>
    suffix && name.endsWith(`.${suffix}`) ? `${name.slice(0, -suffix.length)}*` : name;
  const entryOf = (name: string) => byHost.get(name) ?? byHost.get(withAnySuffix(name));

  // The host itself, then itself and its parent domains with a dot in front.
  const labels = exact.split('.');
  const domains = labels.map((_, index) => `.${labels.slice(index).join('.')}`);
  return [exact, ...domains].map(entryOf).find((found) => found);
}
