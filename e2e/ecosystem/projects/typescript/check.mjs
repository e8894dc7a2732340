// Compiles src/ with each version of TypeScript under each way in which it finds modules.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** `until` is the first version that has no such setting any more. */
const RESOLUTIONS = [
  { name: 'node10', type: 'commonjs', options: { module: 'CommonJS', moduleResolution: 'node' }, until: 7 },
  { name: 'node16-cjs', type: 'commonjs', options: { module: 'Node16', moduleResolution: 'node16' } },
  { name: 'node16-esm', type: 'module', options: { module: 'Node16', moduleResolution: 'node16' } },
  { name: 'nodenext-cjs', type: 'commonjs', options: { module: 'NodeNext', moduleResolution: 'nodenext' } },
  { name: 'nodenext-esm', type: 'module', options: { module: 'NodeNext', moduleResolution: 'nodenext' } },
  { name: 'bundler', type: 'module', options: { module: 'ESNext', moduleResolution: 'bundler' } },
];
const STRICT = {
  target: 'ES2022',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  // The declarations of mailslot are checked, and those of TypeScript itself are not.
  skipDefaultLibCheck: true,
  noEmit: true,
};

let failures = 0;
for (const alias of Object.keys(devDependencies)) {
  const version = alias.replace('typescript-', '');
  for (const { name, type, options, until = Infinity } of RESOLUTIONS) {
    if (Number(version) >= until) continue;
    const project = join(folder, 'out', name);
    mkdirSync(project, { recursive: true });
    copyFileSync(join(folder, 'src/shop.ts'), join(project, 'shop.ts'));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
    // TypeScript 6 calls this resolution deprecated.
    const silenced = version.startsWith('6') && name === 'node10' ? { ignoreDeprecations: '6.0' } : {};
    const compilerOptions = { ...STRICT, ...options, ...silenced };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['shop.ts'] }));
    const tsc = join(folder, 'node_modules', alias, 'bin/tsc');
    try {
      execFileSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project, stdio: 'pipe' });
      console.log(`TypeScript ${version}, ${name}: right`);
    } catch (error) {
      failures++;
      console.error(`TypeScript ${version}, ${name}:\n${error.stdout}${error.stderr}`);
    }
  }
}
process.exitCode = failures ? 1 : 0;
