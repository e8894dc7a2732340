import { additions } from './groups/additions.ts';
import { clobbered } from './groups/clobbered.ts';
import { libraries } from './groups/libraries.ts';
import { replacements } from './groups/replacements.ts';
import { toJson } from './groups/to-json.ts';
import { wrappers } from './groups/wrappers.ts';
import type { Pollution } from './pollution.ts';

/** All pollutions; the first is none. */
export const pollutions: readonly Pollution[] = [
  { name: 'nothing' },
  ...additions,
  ...toJson,
  ...wrappers,
  ...replacements,
  ...clobbered,
  ...libraries,
];
