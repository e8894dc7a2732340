import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { TlsFiles } from './tls.ts';

const DAY = 86_400_000;
/** Browsers distrust what is valid for longer than 398 days. */
const LIFETIME = 397 * DAY;
/** One that ends sooner is replaced at the start. */
const RESERVE = 30 * DAY;

const LOCAL = ['localhost', '127.0.0.1', '::1'];

/**
 * A certificate that nobody vouches for, and its key: made once into `folder`, and again when it is about to end or does not
 * cover `host`. It is good for trying things out: browsers warn of it until someone has accepted it.
 * It cannot sign others, so that trusting it gives nothing else away.
 */
export async function selfMadeCertificate(folder: string, host: string, now = Date.now()): Promise<TlsFiles> {
  const files = { cert: join(folder, 'self-made-cert.pem'), key: join(folder, 'self-made-key.pem') };
  if (!isGood(files, host, now)) {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'mailslot collector, self-made' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(now),
      notAfterDate: new Date(now + LIFETIME),
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
    mkdirSync(folder, { recursive: true });
    // The key first: a certificate without its key would look complete.
    write(files.key, key, 0o600);
    write(files.cert, cert, 0o644);
  }
  return files;
}

/** Whole or not at all, and never readable by others in between. */
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode, flush: true });
  renameSync(`${path}.new`, path);
}

function isGood({ cert, key }: TlsFiles, host: string, now: number): boolean {
  if (!existsSync(cert) || !existsSync(key)) return false;
  const made = new X509Certificate(readFileSync(cert));
  const needed = isEverywhere(host) ? LOCAL : [...LOCAL, host];
  return (
    Date.parse(made.validTo) - now > RESERVE &&
    needed.every((name) => (isIP(name) ? made.checkIP(name) : made.checkHost(name)) !== undefined)
  );
}

const isEverywhere = (host: string) => host === '0.0.0.0' || host === '::';

/** The names that a browser on this machine or in its network may use. */
function namesFor(host: string): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    list!.filter(({ scopeid }) => !scopeid).map(({ address }) => address),
  );
  return [...new Set([...LOCAL, ...(isEverywhere(host) ? [hostname(), ...own] : [host])])];
}
