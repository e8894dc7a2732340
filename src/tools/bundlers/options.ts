import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from '../scanner/environment.ts';
import { type Finding, formatFinding } from '../scanner/finding.ts';
import { parseFingerprints } from '../scanner/fingerprints.ts';
import { createScanner } from '../scanner/scanner.ts';
import { secretsOf } from '../scanner/secrets.ts';

export interface KeyCheckOptions {
  /**
   * The project's folder, in which the `.env` files are.
   *
   * @default the bundler's: Vite's `root`, the `context` of webpack and Rspack, esbuild's `absWorkingDir`; for Rollup the
   *   working folder
   */
  root?: string;
  /**
   * Path of a file with the output of the collector's command `keys list --fingerprints`, relative to the project's folder.
   * With it, keys without a label are found too.
   */
  fingerprints?: string;
  /**
   * Variables of the environment. The values of those whose names say that they hold a key that can read or manage, such
   * as `MAILSLOT_READ_KEY`, must not be in the build. Those of the `.env` files in the project's folder count too.
   *
   * @default process.env
   */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * Files of the build that are not checked: a path relative to the output folder, or the path of a folder in it.
   *
   * @default []
   */
  ignore?: readonly string[];
}

/** A file of a build. */
export interface Output {
  /** Relative to the output folder. */
  file: string;
  content: string | Uint8Array;
}

/** Checks the files of a build. */
export interface KeyCheck {
  /** @returns the keys in these files, in the order of the files */
  run(outputs: Iterable<Output>): Finding[];
}

/**
 * @param defaultRoot the project's folder, if the options name none
 * @throws Error if the fingerprints cannot be read
 */
export function createKeyCheck(
  { root, fingerprints: path, env = process.env, ignore = [] }: KeyCheckOptions,
  defaultRoot: string,
): KeyCheck {
  const folder = resolve(root ?? defaultRoot);
  const { fingerprints, problem } =
    path === undefined
      ? { fingerprints: [], problem: undefined }
      : parseFingerprints(readFileSync(resolve(folder, path), 'utf8'));
  if (problem) throw new Error(`mailslot: ${problem}`);
  const scanner = createScanner({ secrets: secretsOf(readEnvironment(folder, env)), fingerprints });
  const isIgnored = (file: string) =>
    ignore.some((other) => file === other || file.startsWith(`${other.replace(/\/$/, '')}/`));
  return {
    run: (outputs) =>
      [...outputs].flatMap(({ file, content }) => {
        const name = file.replaceAll('\\', '/');
        return isIgnored(name) ? [] : scanner.scan(name, content);
      }),
  };
}

const ADVICE =
  'A page must hold no key but the Write key. Take the key out of the code or of what the bundler inlines, and revoke it if it was published.';

/** One message for all findings. */
export const messageOf = (findings: Finding[]): string =>
  ['mailslot: the build holds a key that can read or manage', ...findings.map(formatFinding), ADVICE].join('\n  ');
