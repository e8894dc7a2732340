// The core and idb-keyval as one text: the body of a function whose parameters are a page's globals.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../scripts/install.mjs';

/** Puts defects into a source on its way to the bundle. Each text must be there exactly once, lest a defect be none. */
function breaking(edits) {
  const left = new Set(edits);
  return {
    name: 'breaking',
    setup({ onLoad, onEnd }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const edit of edits.filter(({ file }) => join(root, 'src', file) === path)) {
          const times = contents.split(edit.text).length - 1;
          if (times !== 1)
            throw new Error(`${edit.file} has this ${times} times, and should have it once: ${edit.text}`);
          contents = contents.replace(edit.text, () => edit.becomes);
          left.delete(edit);
        }
        return { contents, loader: 'ts' };
      });
      onEnd(() => {
        for (const { file } of left) throw new Error(`src/${file} is not part of the core`);
      });
    },
  };
}

export async function bundleCore(entry = 'src/index.ts', edits = []) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    bundle: true,
    format: 'iife',
    globalName: 'core',
    target: 'es2022',
    write: false,
    logLevel: edits.length ? 'silent' : 'warning',
    plugins: edits.length ? [breaking(edits)] : [],
  });
  return outputFiles[0].text;
}
