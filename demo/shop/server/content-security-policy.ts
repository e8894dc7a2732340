/**
 * The policy of both pages, the strictest one that a shop with mailslot can have. It allows own scripts and styles, the
 * inline stub by its hash, and requests to the collector. Trusted Types prevent that strings become scripts.
 */
export function contentSecurityPolicy(collector: string, stubHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' '${stubHash}'`,
    "style-src 'self'",
    "img-src 'self'",
    // Only the panel's buttons need 'self'. mailslot itself needs the collector alone.
    `connect-src 'self' ${collector}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
