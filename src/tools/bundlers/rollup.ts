import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createKeyCheck, type KeyCheckOptions, messageOf, type Output } from './options.ts';

/** The part of Rollup's output bundle that the check needs. */
interface OutputBundle {
  [file: string]:
    | { type: 'chunk'; code: string; map: { toString(): string } | null }
    | { type: 'asset'; source: string | Uint8Array };
}

/** A plugin for Rollup, Rolldown and Vite. It has the shape of their types, which need not be installed. */
export interface RollupPlugin {
  name: string;
  generateBundle: {
    order: 'post';
    handler(this: { error(message: string): never }, options: unknown, bundle: OutputBundle): void;
  };
}

/** The same for Vite. */
export interface VitePlugin extends RollupPlugin {
  apply: 'build';
  enforce: 'post';
  configResolved(config: { root: string; publicDir: string; build: { copyPublicDir: boolean } }): void;
}

/**
 * Fails a build with Rollup or Rolldown if a file of it holds a key that can read or manage. Nothing is written then.
 *
 * @example
 * import { rollupPlugin } from 'mailslot/build';
 * export default { plugins: [rollupPlugin()] };
 */
export function rollupPlugin(options: KeyCheckOptions = {}): RollupPlugin {
  return {
    name: 'mailslot',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const findings = createKeyCheck(options, process.cwd()).run(outputsOf(bundle));
        if (findings.length) this.error(messageOf(findings));
      },
    },
  };
}

/**
 * Fails a build with Vite if a file of it holds a key that can read or manage: scripts, source maps, styles, pages, and
 * files of the public folder. Nothing is written then. The `.env` files in Vite's root count as the environment does.
 *
 * @example
 * import { vitePlugin } from 'mailslot/build';
 * export default defineConfig({ plugins: [vitePlugin()] });
 */
export function vitePlugin(options: KeyCheckOptions = {}): VitePlugin {
  let root = process.cwd();
  let publicFolder = '';
  return {
    name: 'mailslot',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root;
      publicFolder = config.build.copyPublicDir ? config.publicDir : '';
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const outputs = [...outputsOf(bundle), ...filesOf(publicFolder)];
        const findings = createKeyCheck(options, root).run(outputs);
        if (findings.length) this.error(messageOf(findings));
      },
    },
  };
}

function* outputsOf(bundle: OutputBundle): Generator<Output> {
  for (const [file, output] of Object.entries(bundle)) {
    if (output.type === 'asset') yield { file, content: output.source };
    else yield { file, content: output.code };
    // Rollup lists a map as an asset of its own, except one that is inline or hidden.
    if (output.type === 'chunk' && output.map && !(`${file}.map` in bundle))
      yield { file: `${file}.map`, content: output.map.toString() };
  }
}

/** Vite copies these files as they are, and no plugin sees them. */
function* filesOf(folder: string): Generator<Output> {
  if (!folder || !existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile()) yield { file: relative(folder, path), content: readFileSync(path) };
  }
}
