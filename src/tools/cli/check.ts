import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { readEnvironment } from '../scanner/environment.ts';
import { type Finding, formatFinding } from '../scanner/finding.ts';
import { parseFingerprints } from '../scanner/fingerprints.ts';
import { createScanner } from '../scanner/scanner.ts';
import type { Fingerprint } from '../scanner/secrets.ts';
import { secretsOf } from '../scanner/secrets.ts';
import { type Command, CommandError, EXIT, parseArguments, type Terminal } from './command.ts';

const MAX_PATHS = 100_000;

const OPTIONS = {
  json: { type: 'boolean' },
  fingerprints: { type: 'string' },
  ignore: { type: 'string', multiple: true },
} as const;

const HELP = `Usage: mailslot check [--json] [--fingerprints FILE] [--ignore PATH …] PATH …

Looks for keys that can read or manage in files and in all files of folders: in code, source maps, HTML and any other file, split
and encoded ones too, and in files that are compressed with gzip, Brotli or deflate. It prints file, line, column and class of each key,
and never a key. It finds

  - keys with a label, such as read_…, and values of options and attributes with such a name, such as readKey;
  - the values of the environment's variables whose names say that, such as MAILSLOT_READ_KEY, and of those in .env files of the
    working folder;
  - keys whose hashes are in the file of --fingerprints.

  --fingerprints FILE   the output of the collector's command keys list --fingerprints; - reads it from stdin
  --ignore PATH         a file or folder that is left out; may be repeated
  --json                prints one JSON object: { "files", "findings": [{ "file", "line", "column", "keyClass", "evidence", … }] }

node_modules and .git are left out below a folder. Exit codes: ${EXIT.OK} no key was found, ${EXIT.FOUND} a key was found, ${EXIT.FAILED} a file cannot be read,
or the arguments are wrong.`;

export const check: Command = {
  help: HELP,
  async run(args, terminal) {
    const { values, paths } = parseArguments(args, OPTIONS, MAX_PATHS);
    if (!paths.length) throw new CommandError('The folder or file to check is missing, such as dist/.');
    const at = (path: string) => resolve(terminal.cwd, path);
    const fingerprints = values.fingerprints === undefined ? [] : await readFingerprints(values.fingerprints, terminal);
    const { scan } = createScanner({
      secrets: secretsOf(readEnvironment(terminal.cwd, terminal.env)),
      fingerprints,
    });
    const ignored = (values.ignore ?? []).map(at);
    const files = [...new Set(paths.flatMap((path) => [...filesOf(at(path), ignored)]))].sort();
    const findings = files.flatMap((file) => scan(nameOf(file, terminal.cwd), read(file)));
    report(files.length, findings, values.json === true, terminal);
    return findings.length ? EXIT.FOUND : EXIT.OK;
  },
};

async function readFingerprints(file: string, { cwd, readInput }: Terminal): Promise<Fingerprint[]> {
  const text = file === '-' ? await readInput() : read(resolve(cwd, file)).toString('utf8');
  const { fingerprints, problem } = parseFingerprints(text);
  if (problem) throw new CommandError(problem);
  return fingerprints;
}

/** The file, or all files below the folder. */
function* filesOf(path: string, ignored: string[]): Generator<string> {
  if (ignored.some((other) => path === other || path.startsWith(other + sep))) return;
  if (!existsSync(path)) throw new CommandError('There is no file or folder of a given name.');
  if (!statSync(path).isDirectory()) return yield path;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory() && (entry.name === 'node_modules' || entry.name === '.git')) continue;
    // A link can lead to a folder above. Its target is a file of its own if it is in the folder.
    if (entry.isDirectory() || entry.isFile()) yield* filesOf(join(path, entry.name), ignored);
    else if (entry.isSymbolicLink() && statSync(join(path, entry.name), { throwIfNoEntry: false })?.isFile())
      yield* filesOf(join(path, entry.name), ignored);
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError(`A file cannot be read (${(error as NodeJS.ErrnoException).code}): ${file}`);
  }
}

/** The path as a user would write it, with `/`. */
const nameOf = (file: string, cwd: string) => (relative(cwd, file) || file).split(sep).join('/');

function report(files: number, findings: Finding[], json: boolean, { print, inform }: Terminal): void {
  if (json) {
    print(JSON.stringify({ files, findings }, null, 2));
    return;
  }
  for (const finding of findings) print(formatFinding(finding));
  const keys =
    findings.length === 1 ? 'a key that a page must not hold' : `${findings.length} keys that a page must not hold`;
  inform(
    findings.length
      ? `mailslot check: ${keys}. Take it out of the code, and revoke it if it was published: keys rotate.`
      : `mailslot check: no key in ${files} ${files === 1 ? 'file' : 'files'}.`,
  );
}
