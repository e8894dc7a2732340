import type { FastifyRequest } from 'fastify';
import type { Locate } from '../events/addons/addon.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Access, AccessClass, Permission } from '../model/access.ts';
import type { Storage } from '../storage/storage.ts';

/** What every route works with. */
export interface Context {
  projectId: string;
  keyring: Keyring;
  storage: Storage;
  /** Knows where an address is; absent without a GeoIP database. */
  locate: Locate | undefined;
  now(): number;
  /** One line of the request log. */
  log(line: string): void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key has to be permitted to use the route. Without it the route is for Master keys alone. */
    permission?: Permission;
  }
  interface FastifyRequest {
    /** The class of the key that came with the request, once it has been looked at. */
    keyClass: AccessClass | 'unknown' | 'none';
    /** Its id, if it is one of the project's. */
    keyId: string;
    /** What that key may do. Every route below a project has it; one that got no further than a refusal has not. */
    access: Access;
    /** Why the request was turned away, for the list of refusals. */
    refusal: string;
  }
}

/** The path's `:id`, `:collection` and `:key`. */
export const parameters = (request: FastifyRequest) =>
  request.params as { id?: string; collection?: string; key?: string };
