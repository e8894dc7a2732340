import { randomBytes } from 'node:crypto';
import { hashKey } from '../model/key.ts';

/** Milliseconds without a request after which one has to log in again. */
const LIFETIME = 12 * 3_600_000;
/** Whoever holds the token can log in again and again; those that have not been used for longest go. */
const KEPT = 1_000;

/** Who has logged in: in memory only, so that a restart ends every session. */
export interface Sessions {
  /** Begins one; the secret that its cookie carries. */
  begin(): string;
  /** Whether there is one with this secret. Asking counts as using it. */
  isOpen(secret: string): boolean;
  end(secret: string): void;
}

export function openSessions(now: () => number): Sessions {
  /** SHA-256 of each secret → when it was last used, longest ago first. A lookup by hash tells nothing about a secret by its time. */
  const used = new Map<string, number>();
  const nameOf = (secret: string) => hashKey(secret).toString('hex');

  function use(name: string): void {
    used.delete(name);
    used.set(name, now());
    for (const oldest of used.keys()) {
      if (used.size <= KEPT) break;
      used.delete(oldest);
    }
  }

  return {
    begin() {
      const secret = randomBytes(24).toString('base64url');
      use(nameOf(secret));
      return secret;
    },
    isOpen(secret) {
      const name = nameOf(secret);
      const last = used.get(name);
      if (last === undefined) return false;
      if (now() - last < LIFETIME) use(name);
      else used.delete(name);
      return used.has(name);
    },
    end: (secret) => void used.delete(nameOf(secret)),
  };
}
