import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../fixtures/paths.ts';
import { npmEnvironment } from '../fixtures/registry.ts';

const run = promisify(execFile);
const PROJECTS = join(root, 'e2e/ecosystem/projects');
/** For a script that hangs. The longest compiles seventy times. */
const TIMEOUT_MS = 1_800_000;
const STAMP = 'node_modules/.mailslot-manifest';
/** The specifier of mailslot in each project's `package.json`: a tarball beside the project, as after `npm pack`. */
const TARBALL = 'mailslot.tgz';
/** What tools keep between two builds. Both of a row's builds begin without. */
const CACHES = ['.angular', '.astro', '.next', '.nuxt', '.output', '.parcel-cache', '.svelte-kit', 'build', 'dist'];
const PACKAGE_CACHES = ['node_modules/.cache', 'node_modules/.vite', 'node_modules/.astro'];

export interface Manifest {
  scripts?: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** A copy of a project, with the packages that its `package.json` names. */
export interface Project {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Runs a script of its `package.json`; its output. @throws Error with the output's last lines, if it fails */
  script(name: string, env?: Record<string, string>): Promise<string>;
  /** Removes what its tools keep between two builds, and what they have built. */
  clean(): void;
}

/** Without questions, colours and reports to anybody. */
export const toolEnvironment = (more: Record<string, string> = {}): NodeJS.ProcessEnv =>
  npmEnvironment({
    CI: '1',
    NO_COLOR: '1',
    DO_NOT_TRACK: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    NG_CLI_ANALYTICS: 'false',
    NUXT_TELEMETRY_DISABLED: '1',
    ...more,
  });

/** Packs `dist/` as it is, without `prepack`, which would replace it under other tests. */
export function pack(cache: string): void {
  mkdirSync(cache, { recursive: true });
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', cache], {
    cwd: root,
    env: npmEnvironment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  renameSync(join(cache, filename), join(cache, TARBALL));
}

export const readManifest = (name: string): Manifest =>
  JSON.parse(readFileSync(join(PROJECTS, name, 'package.json'), 'utf8')) as Manifest;

/**
 * Copies a project beside the tarball in `cache`, and installs its packages.
 * @param places what replaces each placeholder, such as `PROJECT_ID`, in its files
 * @throws Error with npm's output
 */
export async function prepare(name: string, cache: string, places: Record<string, string>): Promise<Project> {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder)) {
    if (entry !== 'node_modules') rmSync(join(folder, entry), { recursive: true });
  }
  cpSync(join(PROJECTS, name), folder, { recursive: true });
  fillIn(folder, places);
  const manifest = readManifest(name);
  if (!linkPackages(folder, manifest)) await installPackages(folder, manifest);
  return {
    folder,
    manifest,
    async script(script, env = {}) {
      const { stdout, stderr } = await npm(folder, ['run', '--silent', script], env);
      return stdout + stderr;
    },
    clean() {
      for (const path of [...CACHES, ...PACKAGE_CACHES]) rmSync(join(folder, path), { recursive: true, force: true });
    },
  };
}

/** Replaces the placeholders in all files of a copy. */
function fillIn(folder: string, places: Record<string, string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) fillIn(path, places);
    else {
      let text = readFileSync(path, 'utf8');
      for (const [placeholder, value] of Object.entries(places)) {
        // Whole words: a variable's name can end with a placeholder.
        text = text.replace(new RegExp(`(?<!\\w)${placeholder}(?!\\w)`, 'g'), () => value);
      }
      writeFileSync(path, text);
    }
  }
}

/**
 * Links the packages from this repository's own, if it has all of them in the versions that the project names; whether
 * it has. Needs no network. Not on Windows, where npm writes a script for each command.
 */
function linkPackages(folder: string, { dependencies, devDependencies }: Manifest): boolean {
  const named = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => name !== 'mailslot');
  if (process.platform === 'win32' || !named.every(([name, version]) => ownVersion(name) === version)) return false;
  const packages = join(folder, 'node_modules');
  rmSync(packages, { recursive: true, force: true });
  mkdirSync(join(packages, '.bin'), { recursive: true });
  mkdirSync(join(packages, 'mailslot'));
  const tar = ['-xzf', join(folder, '..', TARBALL), '-C', join(packages, 'mailslot'), '--strip-components', '1'];
  execFileSync('tar', tar);
  for (const [name] of named) {
    const own = join(root, 'node_modules', name);
    mkdirSync(join(packages, name, '..'), { recursive: true });
    symlinkSync(own, join(packages, name), 'junction');
    const { bin = {} } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { bin?: object | string };
    const commands = typeof bin === 'string' ? { [name]: bin } : (bin as Record<string, string>);
    for (const [command, file] of Object.entries(commands)) {
      symlinkSync(join(own, file), join(packages, '.bin', command));
    }
  }
  return true;
}

/** The version of a package of this repository; undefined if it has none. */
export function ownVersion(name: string): string | undefined {
  const path = join(root, 'node_modules', name, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version : undefined;
}

/** Installs the packages, of which those of an earlier run are kept, but mailslot always anew. */
async function installPackages(folder: string, manifest: Manifest): Promise<void> {
  const named = JSON.stringify([manifest.dependencies, manifest.devDependencies]);
  const hash = createHash('sha256').update(named).digest('hex');
  const stamp = join(folder, STAMP);
  const isCurrent = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  rmSync(join(folder, isCurrent ? 'node_modules/mailslot' : 'node_modules'), { recursive: true, force: true });
  // Without a lock file, which would have the hash of an older tarball.
  await npm(folder, ['install', '--no-package-lock', '--loglevel=error']);
  writeFileSync(stamp, hash);
}

/** Runs npm in a project. @throws Error with the last lines of its output, if it fails */
async function npm(folder: string, args: string[], env: Record<string, string> = {}) {
  const command = `npm ${args.join(' ')}`;
  try {
    return await run('npm', args, {
      cwd: folder,
      env: toolEnvironment(env),
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
      shell: process.platform === 'win32',
    });
  } catch (error) {
    const { stdout = '', stderr = '', message, code } = error as Error & Record<'stdout' | 'stderr' | 'code', string>;
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim());
    throw new Error(`${command} ended with ${code ?? message}:\n${lines.slice(-60).join('\n')}`);
  }
}
