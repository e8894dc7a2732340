// The plugins have the types that each bundler expects. The compiler is the test.
import type { RspackPluginInstance } from '@rspack/core';
import type { Plugin as EsbuildType } from 'esbuild';
import type { Plugin as RollupType } from 'rollup';
import type { Plugin as ViteType } from 'vite';
import type { WebpackPluginInstance } from 'webpack';
import { esbuildPlugin, rollupPlugin, rspackPlugin, vitePlugin, webpackPlugin } from './build.ts';

export const forVite: ViteType = vitePlugin({ fingerprints: 'keys.txt', ignore: ['vendor'] });
export const forRollup: RollupType = rollupPlugin({ env: {} });
export const forWebpack: WebpackPluginInstance = webpackPlugin({ root: '.' });
export const forRspack: RspackPluginInstance = rspackPlugin();
export const forEsbuild: EsbuildType = esbuildPlugin();
// @ts-expect-error no such option
vitePlugin({ readKey: 'x' });
