// npm run ecosystem: installs the packed tarball into each project of `projects/`, type-checks, builds and runs it.
//   npm run ecosystem                         all projects; writes e2e/ECOSYSTEM.md
//   npm run ecosystem -- --only next          one project, and its line of the report; may be repeated
//   npm run ecosystem -- --folder /tmp/eco    the folder for the copies and their node_modules
import { provideBrowser } from '../../scripts/browsers.mjs';
import { buildProject, runBundled } from '../runner/commands.mjs';

buildProject();
provideBrowser('chromium');
await runBundled('e2e/ecosystem/command.ts');
