export interface Peer {
  name: string;
  version: string;
  /** Bytes of the import, as measured last. */
  brotli: number;
}

export const PEERS: readonly Peer[];
