import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { makeFolder } from '../model/make-folder.ts';
import type { TlsFiles } from './tls.ts';

const DAY_MS = 86_400_000;
/** Browsers reject certificates with a lifetime of more than 398 days. */
const LIFETIME_MS = 397 * DAY_MS;
/** A certificate that expires sooner is replaced at the start. */
const RENEWAL_MS = 30 * DAY_MS;

const LOCAL = ['localhost', '127.0.0.1', '::1'];

/**
 * Creates a self-signed certificate and its key in `folder`, unless there is one that covers `host` and does not expire
 * soon. Meant for trials: browsers warn until the user has accepted it. It cannot sign other certificates, so trusting
 * it has no further effect.
 */
export async function selfMadeCertificate(folder: string, host: string, now = Date.now()): Promise<TlsFiles> {
  const files = { cert: join(folder, 'self-made-cert.pem'), key: join(folder, 'self-made-key.pem') };
  if (!isGood(files, host, now)) {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'mailslot collector, self-made' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(now),
      notAfterDate: new Date(now + LIFETIME_MS),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: namesFor(host).map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
        },
      ],
    });
    makeFolder(folder);
    // The key first, so that a crash in between leaves no certificate without its key.
    writeAtomically(files.key, key, 0o600);
    writeAtomically(files.cert, cert, 0o600);
  }
  return files;
}

/** Writes the whole file or nothing, with the final mode from the start. */
function writeAtomically(path: string, text: string, mode: number): void {
  // `wx` fails on a file or a link that another user of the machine has put there.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  writeFileSync(temporary, text, { mode, flush: true, flag: 'wx' });
  renameSync(temporary, path);
}

function isGood({ cert, key }: TlsFiles, host: string, now: number): boolean {
  if (!existsSync(cert) || !existsSync(key)) return false;
  const made = new X509Certificate(readFileSync(cert));
  const needed = isEverywhere(host) ? LOCAL : [...LOCAL, host];
  return (
    Date.parse(made.validTo) - now > RENEWAL_MS &&
    needed.every((name) => (isIP(name) ? made.checkIP(name) : made.checkHost(name)) !== undefined)
  );
}

const isEverywhere = (host: string) => host === '0.0.0.0' || host === '::';

/** The names under which a browser on this machine or in its network can reach the collector. */
function namesFor(host: string): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    list!.filter(({ scopeid }) => !scopeid).map(({ address }) => address),
  );
  return [...new Set([...LOCAL, ...(isEverywhere(host) ? [hostname(), ...own] : [host])])];
}
