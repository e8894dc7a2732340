import { buy } from './checks.ts';
import type { Row } from './row.ts';

/** All environments, in the order of the report. */
export const rows: readonly Row[] = [
  {
    name: 'no-bundler',
    environment: 'No bundler: import map',
    versions: [],
    site: { kind: 'folder', folder: '.' },
    files: ['node_modules/mailslot/dist/index.js', 'node_modules/mailslot/dist/views.js'],
    shows: 'a view and an event',
    check: buy,
  },
  {
    name: 'esbuild',
    environment: 'esbuild',
    versions: ['esbuild', 'typescript'],
    site: { kind: 'folder', folder: '.' },
    output: ['dist'],
    shows: 'a view and an event',
    check: buy,
  },
  {
    name: 'rollup',
    environment: 'Rollup',
    versions: ['rollup'],
    site: { kind: 'folder', folder: '.' },
    output: ['dist'],
    shows: 'a view and an event',
    check: buy,
  },
  {
    name: 'webpack',
    environment: 'webpack',
    versions: ['webpack', 'typescript'],
    site: { kind: 'folder', folder: '.' },
    output: ['dist'],
    shows: 'a view and an event',
    check: buy,
  },
  {
    name: 'parcel',
    environment: 'Parcel',
    versions: ['parcel', 'typescript'],
    site: { kind: 'folder', folder: 'dist' },
    output: ['dist'],
    shows: 'a view and an event',
    check: buy,
  },
];
