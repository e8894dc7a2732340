import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** Bytes of brotli of files, each compressed alone, as a server sends them. */
export const brotliBytes = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0);

/** Files with the files that they import, as a browser loads them without a build. */
export function withImports(files: readonly string[]): string[] {
  const all = new Set<string>();
  const add = (file: string) => {
    if (all.has(file)) return;
    all.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|\}) ?(?:from )?"(\.[^"]+)"/gm);
    for (const [, path] of imports) add(join(file, '..', path!));
  };
  files.forEach(add);
  return [...all];
}

/** The scripts below some folders. @throws Error if a folder is missing or has none */
export function scriptsBelow(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    if (!existsSync(folder)) throw new Error(`the build has not made ${folder}`);
    const found = readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => /\.m?js$/.test(path) && !path.includes('node_modules'));
    if (!found.length) throw new Error(`the build has made no script in ${folder}`);
    return found;
  });
}

/** The names that each entry of the package exports, as far as projects import them, without what they do. */
const EMPTY: Record<string, string[]> = {
  index: ['createTracker = () => ({ track() {}, use() {}, close() {}, flush() {}, setConsent() {} })'],
  views: ['views = () => () => {}'],
};

/**
 * Replaces the installed package with one that does nothing: what a build has more with mailslot is what mailslot adds.
 * @returns a function that brings mailslot back
 */
export function emptyPackage(folder: string): () => void {
  const dist = join(folder, 'node_modules/mailslot/dist');
  const replaced = Object.entries(EMPTY).flatMap(([entry, exported]) => [
    { path: join(dist, `${entry}.js`), text: exported.map((one) => `export const ${one};\n`).join('') },
    { path: join(dist, `${entry}.cjs`), text: exported.map((one) => `exports.${one};\n`).join('') },
  ]);
  const originals = replaced.map(({ path }) => readFileSync(path));
  for (const { path, text } of replaced) writeFileSync(path, text);
  return () => replaced.forEach(({ path }, index) => void writeFileSync(path, originals[index]!));
}
