import { formatFinding } from '../scanner/finding.ts';
import { createKeyCheck, type KeyCheckOptions } from './options.ts';

interface Asset {
  readonly name: string;
  readonly source: { source(): string | Uint8Array };
}

/** The parts of a compilation and a compiler that the check needs; webpack and Rspack share them. */
interface Compilation {
  getAssets(): readonly Readonly<Asset>[];
  errors: { push(error: Error): unknown };
  hooks: {
    processAssets: { tap(options: { name: string; stage: number }, check: () => void): void };
  };
}

interface Compiler {
  context: string;
  hooks: { thisCompilation: { tap(name: string, run: (compilation: any) => void): void } };
}

/** A plugin for webpack and Rspack. It has the shape of their types, which need not be installed. */
export interface WebpackPlugin {
  apply(compiler: Compiler): void;
}

/** `Compilation.PROCESS_ASSETS_STAGE_REPORT`: behind every stage in which plugins add or change files. */
const LAST_STAGE = 5000;

/**
 * Fails a build with webpack if a file of it holds a key that can read or manage. webpack then writes nothing in
 * production mode; with `optimization.emitOnErrors` it does, and its command still ends with an error.
 *
 * @example
 * const { webpackPlugin } = require('mailslot/build');
 * module.exports = { plugins: [webpackPlugin()] };
 */
export function webpackPlugin(options: KeyCheckOptions = {}): WebpackPlugin {
  return {
    apply(compiler) {
      compiler.hooks.thisCompilation.tap('mailslot', (compilation: Compilation) => {
        compilation.hooks.processAssets.tap({ name: 'mailslot', stage: LAST_STAGE }, () => {
          const outputs = compilation.getAssets().map(({ name, source }) => ({ file: name, content: source.source() }));
          for (const finding of createKeyCheck(options, compiler.context).run(outputs))
            compilation.errors.push(new Error(`mailslot: ${formatFinding(finding)}`));
        });
      });
    },
  };
}

/** The same for Rspack, and for Rsbuild in `tools.rspack`. */
export const rspackPlugin: typeof webpackPlugin = webpackPlugin;
