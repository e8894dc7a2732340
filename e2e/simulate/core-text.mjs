// The core and idb-keyval as one text: the body of a function whose parameters are a page's globals.
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../demo/install.mjs';

export async function bundleCore(entry = 'src/index.ts') {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    bundle: true,
    format: 'iife',
    globalName: 'core',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}
