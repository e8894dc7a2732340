import { randomBytes } from 'node:crypto';
import { hashKey } from '../model/key.ts';

/** A session ends after this long without a request. */
const LIFETIME_MS = 12 * 3_600_000;
/** The least recently used sessions are dropped, because a client with the token can log in any number of times. */
const MAX_SESSIONS = 1_000;

/** The dashboard's sessions. In memory only, so a restart ends them all. */
export interface Sessions {
  /** Begins a session. @returns the secret for its cookie */
  begin(): string;
  /** Whether the secret belongs to a session. Extends that session. */
  isOpen(secret: string): boolean;
  /** Ends the session with this secret, if there is one. */
  end(secret: string): void;
}

export function openSessions(now: () => number): Sessions {
  /**
   * SHA-256 of each secret → time of its last use, oldest first. The time of a lookup by hash tells nothing about the
   * secret.
   */
  const lastUsed = new Map<string, number>();
  const hashOf = (secret: string) => hashKey(secret).toString('hex');

  function touch(hash: string): void {
    lastUsed.delete(hash);
    lastUsed.set(hash, now());
    for (const oldest of lastUsed.keys()) {
      if (lastUsed.size <= MAX_SESSIONS) break;
      lastUsed.delete(oldest);
    }
  }

  return {
    begin() {
      const secret = randomBytes(24).toString('base64url');
      touch(hashOf(secret));
      return secret;
    },
    isOpen(secret) {
      const hash = hashOf(secret);
      const last = lastUsed.get(hash);
      if (last === undefined) return false;
      if (now() - last < LIFETIME_MS) touch(hash);
      else lastUsed.delete(hash);
      return lastUsed.has(hash);
    },
    end: (secret) => void lastUsed.delete(hashOf(secret)),
  };
}
