import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from one of the demo's own pages. Any site can make a visitor's browser send requests to
 * loopback, but none can choose these headers: browsers write them.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function isOwnPage(headers: IncomingHttpHeaders, hosts: readonly string[]): boolean {
  // A foreign name that resolves to loopback (DNS rebinding) looks same-origin to the browser, but names itself here.
  if (!headers.host || !hosts.includes(headers.host)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === `http://${headers.host}` || headers.origin === `https://${headers.host}`;
}
