import type { FastifyRequest } from 'fastify';
import type { Locate } from '../events/addons/addon.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Access, AccessClass, Permission } from '../model/access.ts';
import type { Storage } from '../storage/storage.ts';

/** The collaborators of every route. */
export interface Context {
  projectId: string;
  keyring: Keyring;
  storage: Storage;
  /** Looks up the place of an address; absent without a GeoIP database. */
  locate: Locate | undefined;
  /** Origins to which a beacon may redirect; an empty list allows all. */
  redirectOrigins?: readonly string[];
  /** Milliseconds since 1970. */
  now(): number;
  /** Writes one line of the request log. */
  log(line: string): void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The permission that a key needs for the route. A route without one is for Master keys alone. */
    permission?: Permission;
  }
  interface FastifyRequest {
    /** The class of the key that came with the request, once it is identified. */
    keyClass: AccessClass | 'unknown' | 'none';
    /** The key's id; empty if it is not one of the project's keys. */
    keyId: string;
    /** The key's permissions. Set on every authorized request below a project; absent on a refused one. */
    access: Access;
    /** Why the request was refused, for the list of refusals; empty if it was not. */
    refusal: string;
  }
}

/** The path's `:id`, `:collection` and `:key`. */
export const parameters = (request: FastifyRequest) =>
  request.params as { id?: string; collection?: string; key?: string };
