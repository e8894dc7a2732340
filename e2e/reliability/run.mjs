// npm run reliability: runs the fault matrix in real browsers. Writes e2e/RELIABILITY.md once all of it has passed with
// one build.
//   npm run reliability                          runs all rows in all engines
//   npm run reliability -- --browser firefox     runs one engine
//   npm run reliability -- --row "killed"        runs the rows with this text in their names
import { parseArgs } from 'node:util';
import { chooseEngines, escapeRegExp, runPlaywright } from '../runner/commands.mjs';

const { values } = parseArgs({ options: { browser: { type: 'string' }, row: { type: 'string', default: '' } } });
const engines = chooseEngines(values.browser);
runPlaywright(
  engines,
  ['--project=reliability', '--workers=1', '-g', `(${engines.join('|')}).*: .*${escapeRegExp(values.row)}`],
  { MAILSLOT_WHOLE: '1' },
);
