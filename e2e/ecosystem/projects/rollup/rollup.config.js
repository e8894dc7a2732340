import { nodeResolve } from '@rollup/plugin-node-resolve';
import { minify } from 'terser';

/** @type {import('rollup').RollupOptions} */
export default {
  input: 'src/main.js',
  output: { dir: 'dist', format: 'es' },
  plugins: [
    nodeResolve({ browser: true }),
    { name: 'minify', renderChunk: async (code) => (await minify(code, { module: true })).code ?? null },
  ],
};
