import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import rspack from '@rspack/core';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import { minify } from 'terser';
import { build as vite } from 'vite';
import webpack from 'webpack';
import {
  esbuildPlugin,
  type KeyCheckOptions,
  rollupPlugin,
  rspackPlugin,
  vitePlugin,
  webpackPlugin,
} from '../build.ts';

export const BUNDLERS = ['vite', 'rollup', 'webpack', 'rspack', 'esbuild'] as const;
export type Bundler = (typeof BUNDLERS)[number];

export interface Build {
  /** The folder of the sources; the output is in `dist/` below it. */
  folder: string;
  /** Name without extension → source. Each becomes a file of its own. */
  entries: Record<string, string>;
  isMinified: boolean;
  sourcemap: boolean | 'inline';
  options?: KeyCheckOptions;
}

/** Builds with the plugin for this bundler. @returns the error of the build, or an empty text if it succeeds */
export async function bundleWith(bundler: Bundler, build: Build): Promise<string> {
  mkdirSync(build.folder, { recursive: true });
  const input = Object.fromEntries(
    Object.entries(build.entries).map(([name, source]) => {
      const path = join(build.folder, `${name}.js`);
      writeFileSync(path, source);
      return [name, path];
    }),
  );
  const options: KeyCheckOptions = { root: build.folder, env: {}, ...build.options };
  try {
    return await BUILDS[bundler]({ ...build, input, outdir: join(build.folder, 'dist'), options });
  } catch (error) {
    // esbuild's message has the first errors only.
    const { message, errors } = error as Error & { errors?: { text: string }[] };
    return bundler === 'esbuild' && errors ? errors.map(({ text }) => text).join('\n') : message;
  }
}

type Task = Omit<Build, 'options'> & { input: Record<string, string>; outdir: string; options: KeyCheckOptions };

const BUILDS: Record<Bundler, (task: Task) => Promise<string>> = {
  async vite({ folder, input, outdir, isMinified, sourcemap, options }) {
    await vite({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      plugins: [vitePlugin(options)],
      build: {
        outDir: outdir,
        emptyOutDir: true,
        minify: isMinified,
        sourcemap,
        rollupOptions: { input, output: { entryFileNames: '[name].js' } },
      },
    });
    return '';
  },

  async rollup({ input, outdir, isMinified, sourcemap, options }) {
    const minifier = {
      name: 'terser',
      async renderChunk(code: string) {
        const { code: small, map } = await minify(code, { module: true, sourceMap: true });
        return { code: small!, map: map as string };
      },
    };
    const bundle = await rollup({
      input,
      logLevel: 'silent',
      plugins: [isMinified && minifier, rollupPlugin(options)],
    });
    await bundle.write({ dir: outdir, sourcemap }).finally(() => bundle.close());
    return '';
  },

  webpack: (task) => runCompiler(webpack, webpackPlugin, task),
  rspack: (task) => runCompiler(rspack as unknown as typeof webpack, rspackPlugin, task),

  async esbuild({ folder, input, outdir, isMinified, sourcemap, options }) {
    await esbuild({
      absWorkingDir: folder,
      entryPoints: input,
      bundle: true,
      outdir,
      minify: isMinified,
      sourcemap,
      logLevel: 'silent',
      plugins: [esbuildPlugin(options)],
    });
    return '';
  },
};

function runCompiler(
  compile: typeof webpack,
  plugin: typeof webpackPlugin,
  { folder, input, outdir, isMinified, sourcemap, options }: Task,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const compiler = compile({
      context: folder,
      entry: input,
      mode: isMinified ? 'production' : 'development',
      // Without maps, webpack's development mode puts the code into strings.
      devtool: sourcemap === 'inline' ? 'inline-source-map' : sourcemap ? 'source-map' : isMinified ? false : 'eval',
      output: { path: outdir, filename: '[name].js' },
      optimization: { emitOnErrors: false },
      performance: false,
      plugins: [plugin(options)],
    })!;
    compiler.run((error, stats) => {
      compiler.close(() => {
        if (error) reject(error);
        else
          resolve(
            stats!
              .toJson({ all: false, errors: true })
              .errors!.map(({ message }) => message)
              .join('\n'),
          );
      });
    });
  });
}
