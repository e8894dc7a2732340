import { buy, buyAndGoOn, buyInNext, editAndBuy } from './checks.ts';
import type { Row, Serving } from './row.ts';

const VITE_PREVIEW: Serving = {
  kind: 'script',
  script: 'preview',
  args: (port) => ['--port', `${port}`, '--strictPort'],
};

/** All environments, in the order of the report. */
export const rows: readonly Row[] = [
  {
    name: 'no-bundler',
    environment: 'No bundler: import map',
    versions: [],
    files: ['node_modules/mailslot/dist/index.js', 'node_modules/mailslot/dist/views.js'],
    shows: 'a view and an event',
    visits: [{ site: { kind: 'folder', folder: '.' }, check: buy }],
  },
  {
    name: 'esbuild',
    environment: 'esbuild',
    versions: ['esbuild', 'typescript'],
    output: ['dist'],
    shows: 'a view and an event',
    visits: [{ site: { kind: 'folder', folder: '.' }, check: buy }],
  },
  {
    name: 'rollup',
    environment: 'Rollup',
    versions: ['rollup'],
    output: ['dist'],
    shows: 'a view and an event',
    visits: [{ site: { kind: 'folder', folder: '.' }, check: buy }],
  },
  {
    name: 'webpack',
    environment: 'webpack',
    versions: ['webpack', 'typescript'],
    output: ['dist'],
    shows: 'a view and an event',
    visits: [{ site: { kind: 'folder', folder: '.' }, check: buy }],
  },
  {
    name: 'parcel',
    environment: 'Parcel',
    versions: ['parcel', 'typescript'],
    output: ['dist'],
    shows: 'a view and an event',
    visits: [{ site: { kind: 'folder', folder: 'dist' }, check: buy }],
  },
  {
    name: 'vite-react',
    environment: 'Vite and React',
    versions: ['vite', 'react', 'react-router', 'typescript'],
    output: ['dist'],
    shows: 'StrictMode, provider, a new route; hot reloading of a component and of the tracker',
    visits: [
      { site: VITE_PREVIEW, check: buyAndGoOn },
      { site: { ...VITE_PREVIEW, script: 'dev' }, check: editAndBuy('src/app.tsx', 'src/tracker.ts') },
    ],
  },
  {
    name: 'vue',
    environment: 'Vite and Vue',
    versions: ['vite', 'vue', 'vue-router', 'typescript'],
    output: ['dist'],
    shows: 'a new route; hot reloading of a component',
    visits: [
      { site: VITE_PREVIEW, check: buyAndGoOn },
      { site: { ...VITE_PREVIEW, script: 'dev' }, check: editAndBuy('src/Shop.vue') },
    ],
  },
  {
    name: 'next',
    environment: 'Next, app router',
    versions: ['next', 'react', 'typescript'],
    output: ['.next/static'],
    shows: 'a new route; dropped in server components, also cached ones, and at the edge',
    visits: [{ site: { kind: 'script', script: 'start' }, check: buyInNext }],
  },
  {
    name: 'nuxt',
    environment: 'Nuxt',
    versions: ['nuxt', 'typescript'],
    output: ['.output/public'],
    shows: 'server rendering, a new route',
    visits: [{ site: { kind: 'script', script: 'start' }, check: buyAndGoOn }],
  },
  {
    name: 'sveltekit',
    environment: 'SvelteKit',
    versions: ['@sveltejs/kit', 'svelte', 'vite', 'typescript'],
    output: ['build/client'],
    shows: 'server rendering, a new route',
    visits: [{ site: { kind: 'script', script: 'start' }, check: buyAndGoOn }],
  },
  {
    name: 'astro',
    environment: 'Astro',
    versions: ['astro', 'typescript'],
    output: ['dist'],
    shows: 'view transitions',
    visits: [{ site: { kind: 'script', script: 'start', args: (port) => ['--port', `${port}`] }, check: buyAndGoOn }],
  },
  {
    name: 'angular',
    environment: 'Angular',
    versions: ['@angular/core', 'typescript'],
    output: ['dist/browser'],
    shows: 'dependency injection, a new route',
    visits: [{ site: { kind: 'folder', folder: 'dist/browser', fallback: 'index.html' }, check: buyAndGoOn }],
  },
];
