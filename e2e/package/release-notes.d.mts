export interface Manifest {
  name: string;
  version: string;
  unpkg: string;
}

export interface Sources {
  manifest: Manifest;
  changelog: string;
  /** Of dist/mailslot.js, as `sha384-…`. */
  integrity: string;
  stub: string;
}

export function cutNotes(changelog: string, version: string): string;
export function cdnTag(manifest: Manifest, integrity: string): string;
export function releaseNotes(version: string, sources: Sources): string;
export function sources(): Sources;
