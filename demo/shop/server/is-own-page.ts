import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from one of the demo's own pages. Every site can make a visitor's browser send requests to
 * loopback. But the browser itself sets these headers, and scripts cannot.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function isOwnPage(headers: IncomingHttpHeaders, hosts: readonly string[]): boolean {
  // With DNS rebinding, a foreign name resolves to loopback and is same-origin for the browser. `Host` reveals it.
  if (!headers.host || !hosts.includes(headers.host)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === `http://${headers.host}` || headers.origin === `https://${headers.host}`;
}
