import { openEngines } from '../testing/engines.ts';
import { storageSuite } from '../testing/suite/suite.ts';

for (const engine of await openEngines()) storageSuite(engine);
