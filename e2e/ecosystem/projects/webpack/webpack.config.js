import { fileURLToPath } from 'node:url';

/** @type {import('webpack').Configuration} */
export default {
  mode: 'production',
  entry: './src/main.ts',
  output: { path: fileURLToPath(new URL('dist', import.meta.url)), filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { compilerOptions: { noEmit: false } } }] },
};
