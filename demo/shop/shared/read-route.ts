/** A page of the shop. */
export type Route = { name: 'home' } | { name: 'goods'; id: string } | { name: 'search'; term: string };

/**
 * The page at a URL. Unknown paths are the home page.
 * @param base the shop's own folder: `/` for the website, `/spa/` for the app
 */
export function readRoute(url: URL, base: string): Route {
  const path = `${url.pathname}/`;
  const [first, id] = path.startsWith(base) ? path.slice(base.length).split('/') : [];
  if (first === 'goods' && id) return { name: 'goods', id };
  if (first === 'search') return { name: 'search', term: url.searchParams.get('q') ?? '' };
  return { name: 'home' };
}
