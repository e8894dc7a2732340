import type { Row } from './row.ts';
import { addons } from './rows/addons.ts';
import { answers } from './rows/answers.ts';
import { clocks } from './rows/clocks.ts';
import { cluster } from './rows/cluster.ts';
import { healing } from './rows/healing.ts';
import { kills } from './rows/kills.ts';
import { leaving } from './rows/leaving.ts';
import { loads } from './rows/loads.ts';
import { outages } from './rows/outages.ts';
import { pageLife } from './rows/page-life.ts';
import { storage } from './rows/storage.ts';
import { manyTabs } from './rows/tabs.ts';

/** The matrix, in the order of the table. */
export const rows: readonly Row[] = [
  ...leaving,
  ...kills,
  ...addons,
  ...outages,
  ...cluster,
  ...answers,
  ...manyTabs,
  ...pageLife,
  ...storage,
  ...healing,
  ...clocks,
  ...loads,
];
