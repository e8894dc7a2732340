/** How long the collector waits for a slow client, in milliseconds. */
export interface Timeouts {
  /** For a TLS handshake, and for all headers of a request. */
  headersMs: number;
  /** For a whole request, its body included. */
  requestMs: number;
  /** For a body to come by a thousand bytes for each second of it. Shorter than a request's whole time. */
  bodyMs: number;
  /** For a connection without traffic in either direction. */
  idleMs: number;
  /** For a client to read at least one chunk (16 kB) of an answer that waits for it. */
  readMs: number;
}

export const TIMEOUTS: Timeouts = {
  headersMs: 15_000,
  requestMs: 60_000,
  bodyMs: 10_000,
  idleMs: 60_000,
  readMs: 30_000,
};

/** Connections at a time; the collector closes further ones. Each slow connection costs a few kilobytes of memory. */
export const MAX_CONNECTIONS = 10_000;

/** Bytes of a request's line and headers together. Node answers 431 to more. */
export const MAX_HEADER_BYTES = 32_768;

/** Characters of a URL. Keen's browser client puts events of up to 16,000 into one; the other headers have the rest. */
export const MAX_URL_CHARS = 16_384;
