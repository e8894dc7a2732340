/** How long the collector puts up with a slow client, in milliseconds. */
export interface Patience {
  /** For a TLS handshake, and for all headers of a request. */
  headers: number;
  /** For a whole request, its body included. */
  request: number;
  /** For a connection on which nothing moves, in either direction. */
  silence: number;
  /** In this time a client takes at least one piece (16 kB) of an answer that waits for it. */
  reading: number;
}

export const PATIENCE: Patience = { headers: 15_000, request: 60_000, silence: 60_000, reading: 30_000 };

/** Connections at a time; more are turned away. Each slow one costs a few kilobytes for as long as it is put up with. */
export const MAX_CONNECTIONS = 10_000;

/** Bytes of a request's line and headers together. Node answers 431 to more. */
export const MAX_HEADER_BYTES = 32_768;

/** Characters of a URL. Keen's browser client puts events of up to 16,000 into one; the rest of the headers has room beside it. */
export const MAX_URL = 16_384;
