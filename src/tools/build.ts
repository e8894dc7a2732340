export { type EsbuildPlugin, esbuildPlugin } from './bundlers/esbuild.ts';
export type { KeyCheckOptions } from './bundlers/options.ts';
export { type RollupPlugin, rollupPlugin, type VitePlugin, vitePlugin } from './bundlers/rollup.ts';
export { rspackPlugin, type WebpackPlugin, webpackPlugin } from './bundlers/webpack.ts';
