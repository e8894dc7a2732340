import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { build } from 'esbuild';
import { root } from '../fixtures/paths.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Commands that need the packages to be installed, as in every project. */
const afterInstall = ['check', 'lint', 'format'];

const entries = Object.entries(scripts)
  .filter(([name]) => !afterInstall.includes(name))
  .map(([name, command]) => [name, /^node (\S+\.mjs)$/.exec(command)?.[1]] as const);

/**
 * The files that are loaded before the first line of this file runs, and the packages that they need, by the files that
 * ask for them.
 */
async function loadedAtOnce(file: string): Promise<{ files: string[]; packages: string[] }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'nowhere',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const seen = new Set<string>();
  const packages: string[] = [];
  (function visit(input: string) {
    if (seen.has(input)) return;
    seen.add(input);
    for (const { path, kind, external } of metafile.inputs[input]!.imports) {
      if (kind !== 'import-statement') continue;
      if (!external) visit(path);
      else if (!path.startsWith('node:') && !builtinModules.includes(path)) packages.push(`${input}: ${path}`);
    }
  })(file);
  return { files: [...seen], packages };
}

for (const [name, file] of entries) {
  test(`npm run ${name} may be the first command after a clone`, async () => {
    assert.ok(file, `"${scripts[name]}" is one file that Node can run`);
    const { files, packages } = await loadedAtOnce(file);
    assert.ok(
      files.some((one) => /^ *install\(\);/m.test(readFileSync(join(root, one), 'utf8'))),
      'none of its files calls install()',
    );
    assert.deepEqual(packages, []);
  });
}
