import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { logEntry } from '../model/log-entry.ts';
import { SettingsError } from '../model/settings-error.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** The contents of the files. */
export interface Tls {
  cert: Buffer;
  key: Buffer;
}

const POLL_INTERVAL_MS = 10_000;

/**
 * Reads a certificate with its chain, and its key.
 * @throws SettingsError if a file cannot be read, or the key is not the certificate's
 */
export function readTls(files: TlsFiles): Tls {
  const read = (path: string, check: (bytes: Buffer) => unknown, kind: string): Buffer => {
    try {
      const bytes = readFileSync(path);
      check(bytes);
      return bytes;
    } catch (error) {
      // OpenSSL's messages explain little, and one about a key could reveal too much.
      throw new SettingsError(
        (error as NodeJS.ErrnoException).syscall ? (error as Error).message : `${path} holds no ${kind} in PEM.`,
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
 * Uses a renewed certificate for new connections, without a restart. Logs an invalid one and keeps the old certificate.
 * @returns a function that ends the polling
 */
export function renewTls(
  server: Server,
  files: TlsFiles,
  log: (line: string) => void,
  intervalMs = POLL_INTERVAL_MS,
): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readTls(files));
    } catch (error) {
      // Perhaps only one of the files is written yet. The next change tries again.
      log(logEntry({ error: `the old certificate stays: ${(error as Error).message}` }));
    }
  };
  // Poll, because renewed files are often links to new ones, which file events miss. The polling must not keep the
  // process running.
  const paths = [files.cert, files.key];
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, renew);
  return () => paths.forEach((path) => unwatchFile(path, renew));
}
