// npm run fuzz: sends random requests to every route of the collector, and checks what it promises about all of them.
//   npm run fuzz -- --runs 100000     sends about 100,000 requests (default 20,000)
//   npm run fuzz -- --seed 7          repeats a run; the number of requests must be the same
import { buildProject, runBundled } from '../runner/commands.mjs';

buildProject('--collector');
await runBundled('e2e/fuzz/command.ts');
