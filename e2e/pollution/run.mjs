// npm run pollution: the journey of e2e/pollution in real browsers; `npm test` runs a third of it, in Chromium only.
//   npm run pollution                          runs all pollutions in all engines
//   npm run pollution -- --browser firefox     runs one engine
//   npm run pollution -- --name "zone.js"      runs the pollutions with this text in their names
import { parseArgs } from 'node:util';
import { chooseEngines, escapeRegExp, runPlaywright } from '../runner/commands.mjs';

const { values } = parseArgs({ options: { browser: { type: 'string' }, name: { type: 'string', default: '' } } });
const engines = chooseEngines(values.browser);
runPlaywright(engines, ['--project=chromium', 'specs/pollution.spec.ts', '-g', `: .*${escapeRegExp(values.name)}`], {
  MAILSLOT_ENGINES: engines.join(','),
});
