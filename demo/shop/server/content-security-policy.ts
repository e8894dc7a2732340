/**
 * What the two pages may do, which is as little as a shop with mailslot needs: own scripts and styles, the
 * one inline stub by its hash, requests to the collector. Nothing else runs, and nothing turns a string into script.
 */
export function contentSecurityPolicy(collector: string, stubHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' '${stubHash}'`,
    "style-src 'self'",
    "img-src 'self'",
    // 'self' is for the buttons that stop and start the collector; mailslot itself needs the collector alone.
    `connect-src 'self' ${collector}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
