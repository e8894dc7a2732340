import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { SettingsError } from '../model/settings-error.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** Their contents. */
export interface Tls {
  cert: Buffer;
  key: Buffer;
}

/** Milliseconds between looks at the files. */
const EVERY = 10_000;

/**
 * Reads a certificate with its chain and its key.
 * @throws SettingsError where a file cannot be read, or the two do not belong together
 */
export function readTls(files: TlsFiles): Tls {
  const read = (path: string, check: (bytes: Buffer) => unknown, what: string): Buffer => {
    try {
      const bytes = readFileSync(path);
      check(bytes);
      return bytes;
    } catch (error) {
      // OpenSSL's own words say little, and a key's might say too much.
      throw new SettingsError(
        (error as NodeJS.ErrnoException).syscall ? (error as Error).message : `${path} holds no ${what} in PEM.`,
      );
    }
  };
  const tls = {
    cert: read(files.cert, (bytes) => new X509Certificate(bytes), 'certificate'),
    key: read(files.key, createPrivateKey, 'private key without a passphrase'),
  };
  if (!new X509Certificate(tls.cert).checkPrivateKey(createPrivateKey(tls.key)))
    throw new SettingsError(`${files.key} is not the key of ${files.cert}.`);
  createSecureContext(tls);
  return tls;
}

/**
 * Lets new connections have a renewed certificate without a restart; a broken one is only told of.
 * @returns stops looking
 */
export function renewTls(server: Server, files: TlsFiles, tell: (line: string) => void, every = EVERY): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readTls(files));
    } catch (error) {
      // Perhaps one file is written and the other not yet; the next change comes here again.
      tell(JSON.stringify({ error: `the old certificate stays: ${(error as Error).message}` }));
    }
  };
  // By time and not by events: renewed files are often links to new ones. Looking must not keep the process running.
  const paths = [files.cert, files.key];
  for (const path of paths) watchFile(path, { interval: every, persistent: false }, renew);
  return () => paths.forEach((path) => unwatchFile(path, renew));
}
