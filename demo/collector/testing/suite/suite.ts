import type { Engine } from '../engines.ts';
import { filtersSuite } from './filters.ts';
import { oddValuesSuite } from './odd-values.ts';
import { overviewSuite } from './overview.ts';
import { pagesSuite } from './pages.ts';
import { queriesSuite } from './queries.ts';
import { recordingSuite } from './recording.ts';
import { removalSuite } from './removal.ts';

/** The tests that every engine behind the storage port has to pass. `random-queries.test` compares its answers. */
export function storageSuite(engine: Engine): void {
  for (const suite of [
    recordingSuite,
    filtersSuite,
    queriesSuite,
    oddValuesSuite,
    removalSuite,
    pagesSuite,
    overviewSuite,
  ])
    suite(engine);
}
