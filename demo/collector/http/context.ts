import type { FastifyRequest } from 'fastify';
import type { KeyClass, KeyHashes } from '../keys/keys.ts';
import type { Storage } from '../storage/storage.ts';

/** What every route works with. */
export interface Context {
  projectId: string;
  hashes: KeyHashes;
  storage: Storage;
  now(): number;
  /** One line of the request log. */
  log(line: string): void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The classes of key that may use the route. */
    allow?: readonly KeyClass[];
  }
  interface FastifyRequest {
    /** The class of the key that came with the request, once it has been looked at. */
    keyClass: KeyClass | 'unknown' | 'none';
    /** Why the request was turned away, for the list of refusals. */
    refusal: string;
  }
}

/** The path's `:id` and `:collection`. */
export const parameters = (request: FastifyRequest) => request.params as { id?: string; collection?: string };
